#include "write_manager/partition_status_client.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "net/future.h"

namespace marquee::write_manager {

using nlohmann::json;

namespace {

struct gathering {
  partition_statuses all;
  std::vector<group_id> wanted;  ///< enough when the leaders of all these have answered; empty: wait for all
  std::size_t open = 0;
  bool finished = false;
  net::promise<> done;

  [[nodiscard]] bool has_enough() const {
    return !wanted.empty() && std::ranges::all_of(wanted, [this](const group_id& partition) {
      const auto found = all.find(partition);
      return found != all.end() && found->second.high_watermark.has_value();
    });
  }
  void note_answer() {
    --open;
    if ((open == 0 || has_enough()) && !std::exchange(finished, true)) done.set({});
  }
};

template <class T>
std::optional<T> number(const json& item, const char* name) {
  const auto found = item.find(name);
  if (found == item.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<T>();
}

std::string text(const json& item, const char* name) {
  const auto found = item.find(name);
  return found != item.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void read_replicas(const json& list, partition_status& status) {
  status.replicas.clear();
  for (const json& replica : list) {
    if (!replica.is_object()) continue;
    replica_status& read = status.replicas.emplace_back();
    read.broker = number<std::int32_t>(replica, "broker_id")
                      .value_or(number<std::int32_t>(replica, "broker").value_or(0));
    if (const std::string role = text(replica, "role"); !role.empty()) read.role = role;
    if (const auto found = replica.find("in_sync"); found != replica.end() && found->is_boolean())
      read.in_sync = found->get<bool>();
  }
}

/// A replica that is not the leader knows its own role, and who leads.
void take_follower(const json& item, broker_id from, partition_status& status, std::int64_t term) {
  if (!status.term || *status.term < term) {
    status.term = term;
    status.leader = number<std::int32_t>(item, "leader");
  }
  const auto listed = std::ranges::find(status.replicas, from.value(), &replica_status::broker);
  // The leader's own list is better; a leader that does not serve yet gives one without a high watermark.
  if (status.high_watermark || listed != status.replicas.end()) return;
  replica_status& own = status.replicas.emplace_back();
  own.broker = from.value();
  own.role = text(item, "role");
}

void take_leader(const json& item, broker_id from, partition_status& status, std::int64_t term) {
  if (status.high_watermark && status.term && *status.term > term) return;
  status.term = term;
  status.leader = from.value();
  status.log_start_offset = number<std::int64_t>(item, "log_start_offset");
  status.high_watermark = number<std::int64_t>(item, "high_watermark");
  status.ordered_ms_ago = number<std::int64_t>(item, "ordered_ms_ago");
  if (const auto replicas = item.find("replicas"); replicas != item.end() && replicas->is_array())
    read_replicas(*replicas, status);
}

net::task<void> ask_one(const manager_context& context, db::broker_row broker, std::string target,
                        std::shared_ptr<gathering> into, net::deadline end) {
  net::http_request request;
  request.method = "GET";
  request.target = std::move(target);
  context.secret.sign(request);
  const net::http_outcome outcome =
      co_await context.http.send({broker.host, broker.http_port}, std::move(request),
                                 {.end = end, .cancel = {}, .on_interim = {}, .resend_if_stale = true});
  if (outcome.response && outcome.response->status == 200)
    merge_partition_answer(into->all, broker.id, outcome.response->body);
  into->note_answer();
}

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

}  // namespace

void merge_partition_answer(partition_statuses& all, broker_id from, const std::string& body) {
  const json parsed = json::parse(body, nullptr, false);
  const auto list = parsed.is_object() ? parsed.find("partitions") : parsed.end();
  if (!parsed.is_object() || list == parsed.end() || !list->is_array()) return;
  for (const json& item : *list) {
    if (!item.is_object()) continue;
    const std::optional<uuid> topic = uuid::parse(text(item, "topic_id"));
    const std::optional<std::int32_t> partition = number<std::int32_t>(item, "partition");
    if (!topic || !partition) continue;
    partition_status& status = all[{*topic, partition_id(*partition)}];
    const std::int64_t term = number<std::int64_t>(item, "term").value_or(0);
    if (text(item, "role") == "leader")
      take_leader(item, from, status, term);
    else
      take_follower(item, from, status, term);
  }
}

net::task<partition_statuses> ask_partition_statuses(const manager_context& context,
                                                     const db::topic_row* only, read_barrier barrier,
                                                     net::deadline end) {
  const auto gathered = std::make_shared<gathering>();
  const std::vector<db::broker_row> live = context.registry.live(*context.cache.snapshot());
  std::string target = "/internal/partitions?barrier=";
  target += barrier == read_barrier::yes ? "true" : "false";
  if (only != nullptr) target += "&topic_id=" + to_string(only->topic_id);
  if (only != nullptr && barrier == read_barrier::yes)
    for (const db::partition_row& partition : only->partitions)
      gathered->wanted.emplace_back(only->topic_id, partition.partition);
  gathered->open = live.size();
  for (const db::broker_row& broker : live)
    context.loop.spawn([&context, broker, target, gathered, end] {
      return ask_one(context, broker, target, gathered, end);
    });
  if (!live.empty()) static_cast<void>(co_await gathered->done.get_future().wait(end));
  co_return gathered->all;
}

std::string partitions_json(const db::topic_row& topic, const partition_statuses& statuses,
                            const std::set<broker_id>& gone) {
  json list = json::array();
  for (const db::partition_row& partition : topic.partitions) {
    const auto found = statuses.find({topic.topic_id, partition.partition});
    partition_status status = found == statuses.end() ? partition_status{} : found->second;
    if (!status.high_watermark)
      for (const replica_id& voter : partition.voters) {
        const auto known = std::ranges::find(status.replicas, voter.broker.value(), &replica_status::broker);
        if (known == status.replicas.end()) status.replicas.push_back({.broker = voter.broker.value()});
      }
    json replicas = json::array();
    for (const replica_status& replica : status.replicas) {
      const bool is_gone = gone.contains(broker_id(replica.broker));
      replicas.push_back({{"broker", replica.broker},
                          {"role", or_null(replica.role)},
                          {"in_sync", is_gone ? json(false) : or_null(replica.in_sync)}});
    }
    list.push_back({{"partition", partition.partition.value()},
                    {"leader", or_null(status.leader)},
                    {"term", or_null(status.term)},
                    {"replicas", std::move(replicas)},
                    {"log_start_offset", or_null(status.log_start_offset)},
                    {"high_watermark", or_null(status.high_watermark)}});
  }
  return list.dump();
}

}  // namespace marquee::write_manager
