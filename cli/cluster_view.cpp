#include "cli/cluster_view.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "base/logging.h"
#include "cli/text_table.h"

namespace marquee::cli {

namespace {

using nlohmann::json;
using table = std::vector<std::vector<std::string>>;

/// A field as one cell. Nothing that came from the cluster reaches the terminal unescaped.
std::string cell(const json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  if (!object.is_object() || found == object.end() || found->is_null()) return "-";
  return escape_for_log(found->is_string() ? found->get<std::string>() : found->dump());
}

json list_at(const json& object, const char* name) {
  json list = object.is_object() ? object.value(name, json::array()) : json::array();
  return list.is_array() ? list : json::array();
}

/// "1 2* 3!": the leader with a star, a replica that is behind with an exclamation mark.
std::string replicas_cell(const json& partition) {
  std::string text;
  for (const json& replica : list_at(partition, "replicas")) {
    if (!text.empty()) text += ' ';
    text += cell(replica, "broker");
    if (cell(replica, "role") == "leader") text += '*';
    if (cell(replica, "in_sync") == "false") text += '!';
  }
  return text.empty() ? "-" : text;
}

void add_partitions(table& rows, const json& topic) {
  for (const json& partition : list_at(topic, "partitions"))
    rows.push_back({cell(topic, "name"), cell(partition, "partition"), cell(partition, "leader"),
                    cell(partition, "term"), cell(partition, "log_start_offset"),
                    cell(partition, "high_watermark"), replicas_cell(partition)});
}

std::string state_of(const json& process) {
  const bool disk_full = process.is_object() && process.value("disk", json()) == json("full");
  return cell(process, "state") + (disk_full ? ", disk full" : "");
}

const std::vector<std::string> partition_heading = {"TOPIC",     "PARTITION",      "LEADER",  "TERM",
                                                    "LOG START", "HIGH WATERMARK", "REPLICAS"};

}  // namespace

std::string show_cluster(const json& cluster) {
  std::string text = "cluster " + cell(cluster, "cluster_id") + ", metadata version " +
                     cell(cluster, "metadata_version") + ", controller " + cell(cluster, "controller") +
                     "\n\n";
  table processes = {{"PROCESS", "ROLE", "STATE", "HTTP", "KAFKA", "VERSION"}};
  for (const json& process : list_at(cluster, "processes"))
    processes.push_back({cell(process, "name"), cell(process, "role"), state_of(process),
                         cell(process, "http"), cell(process, "kafka"), cell(process, "version")});
  text += to_text(processes) + "\n";
  table partitions = {partition_heading};
  for (const json& topic : list_at(cluster, "topics")) add_partitions(partitions, topic);
  if (partitions.size() == 1) return text + "no topics yet\n";
  return text + to_text(partitions) + "\n* leader   ! behind the leader\n";
}

std::string show_topic(const json& topic) {
  std::string text = "topic " + cell(topic, "name") + ", id " + cell(topic, "topic_id") + "\n";
  const json config = topic.is_object() ? topic.value("config", json::object()) : json::object();
  for (const auto& [name, value] : config.items())
    text += "  " + escape_for_log(name) + " = " +
            escape_for_log(value.is_string() ? value.get<std::string>() : value.dump()) + "\n";
  table partitions = {partition_heading};
  add_partitions(partitions, topic);
  return text + "\n" + to_text(partitions) + "\n* leader   ! behind the leader\n";
}

}  // namespace marquee::cli
