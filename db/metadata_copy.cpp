#include "db/metadata_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/crc32c.h"
#include "base/file_system.h"
#include "db/row_codec.h"

namespace marquee::db {

using nlohmann::json;

namespace {

constexpr std::uint64_t largest_copy = 1ULL << 30;
constexpr std::string_view magic = "marquee-metadata-copy";
constexpr int format = 1;

std::string hex_of(const std::vector<std::uint8_t>& octets) {
  std::string text;
  for (const std::uint8_t octet : octets) text += fmt::format("{:02x}", octet);
  return text;
}

std::vector<std::uint8_t> from_hex(const std::string& text) {
  std::vector<std::uint8_t> octets;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    octets.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return octets;
}

json topic_json(const topic_row& topic) {
  json partitions = json::array();
  for (const partition_row& partition : topic.partitions)
    partitions.push_back(voters_to_json(partition.voters));
  return {{"topic_id", to_string(topic.topic_id)},
          {"name", topic.name},
          {"config", topic.config},
          {"routing_epoch", topic.routing_epoch},
          {"internal", topic.internal},
          {"created_ms", topic.created_ms},
          {"deleted_ms", topic.deleted_ms},
          {"version", topic.version},
          {"partitions", std::move(partitions)}};
}

topic_row topic_from(const json& item) {
  topic_row topic;
  topic.topic_id = uuid::parse(item.at("topic_id").get<std::string>()).value_or(uuid{});
  topic.name = item.at("name");
  topic.config = item.at("config");
  topic.routing_epoch = item.at("routing_epoch");
  topic.internal = item.at("internal");
  topic.created_ms = item.at("created_ms");
  topic.deleted_ms = item.at("deleted_ms");
  topic.version = item.at("version");
  for (const json& voters : item.at("partitions"))
    topic.partitions.push_back({partition_id(static_cast<std::int32_t>(topic.partitions.size())),
                                voters_from_json(voters.get<std::string>())});
  return topic;
}

json broker_json(const broker_row& broker) {
  return {{"broker_id", broker.id.value()},  {"incarnation", broker.incarnation.value()},
          {"boot", broker.boot.value()},     {"host", broker.host},
          {"kafka_port", broker.kafka_port}, {"raft_port", broker.raft_port},
          {"http_port", broker.http_port},   {"rack", broker.rack},
          {"release", broker.release},       {"evicted_ms", broker.evicted_ms},
          {"version", broker.version}};
}

broker_row broker_from(const json& item) {
  return {.id = broker_id(item.at("broker_id").get<std::int32_t>()),
          .incarnation = incarnation_id(item.at("incarnation").get<std::int64_t>()),
          .boot = boot_count(item.at("boot").get<std::int64_t>()),
          .host = item.at("host"),
          .kafka_port = item.at("kafka_port"),
          .raft_port = item.at("raft_port"),
          .http_port = item.at("http_port"),
          .rack = item.at("rack"),
          .release = item.at("release"),
          .evicted_ms = item.value<std::int64_t>("evicted_ms", 0),
          .version = item.at("version")};
}

metadata_changes read_body(const json& body) {
  metadata_changes read;
  read.version = body.at("version");
  read.cluster = {uuid::parse(body.at("cluster_id").get<std::string>()).value_or(uuid{}),
                  from_hex(body.at("id_key"))};
  read.history = uuid::parse(body.at("history").get<std::string>()).value_or(uuid{});
  for (const json& item : body.at("topics")) read.topics.push_back(topic_from(item));
  for (const json& item : body.at("brokers")) read.brokers.push_back(broker_from(item));
  read.deleted_producers = body.at("deleted_producers").get<std::vector<std::int64_t>>();
  read.deleted_consumers = body.at("deleted_consumers").get<std::vector<std::int64_t>>();
  return read;
}

std::string body_of(const metadata_changes& everything) {
  json topics = json::array();
  for (const topic_row& topic : everything.topics) topics.push_back(topic_json(topic));
  json brokers = json::array();
  for (const broker_row& broker : everything.brokers) brokers.push_back(broker_json(broker));
  return json({{"version", everything.version},
               {"cluster_id", to_string(everything.cluster.cluster_id)},
               {"id_key", hex_of(everything.cluster.id_key)},
               {"history", to_string(everything.history)},
               {"topics", std::move(topics)},
               {"brokers", std::move(brokers)},
               {"deleted_producers", everything.deleted_producers},
               {"deleted_consumers", everything.deleted_consumers}})
      .dump();
}

/// Nobody but the owner may read it from its first moment on.
result<> create_private(const std::string& path) {
  const int made = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (made < 0 || ::fchmod(made, 0600) != 0) {
    const std::string why = std::strerror(errno);
    if (made >= 0) ::close(made);
    return fail(error_code::io, path + ": " + why);
  }
  ::close(made);
  return {};
}

}  // namespace

result<metadata_changes> metadata_copy::load() const {
  if (path_.empty()) return fail(error_code::not_found, "no copy is kept");
  struct stat facts{};
  if (::stat(path_.c_str(), &facts) == 0 && (facts.st_mode & 077) != 0)
    return fail(error_code::refused,
                path_ + " holds the key of producer and consumer ids and others may read it: chmod 600 it");
  const result<bytes> content = read_file(system_file_system(), path_, largest_copy);
  if (!content) return fail(content);
  const std::string_view text = as_text(*content);
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos || !text.starts_with(magic))
    return fail(error_code::corrupt, path_ + " is no copy of the metadata");
  const std::string_view body = text.substr(line + 1);
  if (!text.starts_with(fmt::format("{} {} ", magic, format)))
    return fail(error_code::unsupported, path_ + " was written by another release");
  if (text.substr(0, line) != fmt::format("{} {} {:08x}", magic, format, crc32c(as_bytes(body))))
    return fail(error_code::corrupt, path_ + " is damaged");
  try {
    return read_body(json::parse(body));
  } catch (const std::exception& problem) {
    return fail(error_code::corrupt, path_ + ": " + problem.what());
  }
}

result<> metadata_copy::save(const metadata_changes& everything) const {
  file_system& files = system_file_system();
  const std::string folder = std::filesystem::path(path_).parent_path().string();
  if (!folder.empty())
    if (result<> made = files.create_directories(folder); !made) return made;
  const std::string temporary = path_ + ".new";
  if (result<> made = create_private(temporary); !made) return made;
  {
    const auto opened = files.open(temporary, open_mode::write);
    if (!opened) return fail(opened);
    const std::string body = body_of(everything);
    const std::string head = fmt::format("{} {} {:08x}\n", magic, format, crc32c(as_bytes(body)));
    const std::array<bytes_view, 2> parts{as_bytes(head), as_bytes(body)};
    if (result<> written = (*opened)->write_at(0, parts); !written) return written;
    if (result<> synced = (*opened)->sync(); !synced) return synced;
  }
  if (result<> renamed = files.rename(temporary, path_); !renamed) return renamed;
  return files.sync_directory(folder.empty() ? "." : folder);
}

}  // namespace marquee::db
