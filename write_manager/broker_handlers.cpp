#include "write_manager/broker_handlers.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "base/logging.h"
#include "net/http_router.h"
#include "net/json_body.h"
#include "write_manager/activity_handler.h"
#include "write_manager/under_replicated.h"

namespace marquee::write_manager {

using net::http_exchange;
using net::http_response;

namespace {

/// Kafka clients use larger ids for connections to coordinators.
constexpr std::int32_t largest_broker_id = (1 << 30) - 1;
/// Less than a broker waits for the answer.
constexpr std::int64_t heartbeat_patience_ms = 1'000;
constexpr std::size_t peers_most = 10'000;

struct announcement {
  db::broker_registration registration;
  std::optional<uuid> cluster_id;
  process_id process;
  broker_report report;
};

/// A name, or an address of either kind: clients are told it, and logs show it.
bool is_host(std::string_view text) {
  constexpr std::string_view characters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]%";
  return !text.empty() && text.size() <= 255 && text.find_first_not_of(characters) == std::string_view::npos;
}

std::optional<std::vector<broker_id>> read_connected_peers(net::json_body& body) {
  const nlohmann::json* list = body.raw("connected_peers");
  if (list == nullptr) return std::nullopt;
  std::vector<broker_id> peers;
  const bool good = list->is_array() && list->size() <= peers_most &&
                    std::ranges::all_of(*list, [](const nlohmann::json& peer) {
                      const auto id = net::json_integer(peer);
                      return id && *id >= 1 && *id <= largest_broker_id;
                    });
  if (!good) {
    body.refuse("connected_peers", "must be a list of at most 10,000 broker ids");
    return std::nullopt;
  }
  for (const nlohmann::json& peer : *list)
    peers.emplace_back(static_cast<std::int32_t>(*net::json_integer(peer)));
  return peers;
}

api_result<announcement> read_announcement(const manager_context& context, const net::http_request& request) {
  if (const auto wrong = net::check_json_content_type(request, context.component))
    return std::unexpected(*wrong);
  net::json_body body = net::json_body::parse(request.body);
  announcement read;
  db::broker_registration& broker = read.registration;
  broker.host = body.text("host");
  if (const auto kafka_host = body.optional_text("kafka_host"); kafka_host && !kafka_host->empty())
    broker.host = *kafka_host;
  broker.kafka_port = static_cast<std::uint16_t>(body.integer("kafka_port", 1, 65'535));
  broker.raft_port = static_cast<std::uint16_t>(body.integer("raft_port", 1, 65'535));
  broker.http_port = static_cast<std::uint16_t>(body.integer_or("http_port", 0, 0, 65'535));
  broker.id = broker_id(static_cast<std::int32_t>(body.integer_or("broker_id", 0, 0, largest_broker_id)));
  broker.incarnation = incarnation_id(body.integer_or("incarnation", 0, 0, INT64_MAX));
  broker.boot = boot_count(body.integer_or("boot", 0, 0, INT64_MAX));
  read.process = process_id(body.integer_or("process", 0, 0, INT64_MAX));
  broker.rack = body.optional_text("rack").value_or("");
  broker.release = body.optional_text("version").value_or("");
  read.report.metadata_version = body.optional_integer("metadata_version", 0, INT64_MAX);
  read.report.produced_records = body.integer_or("produced_records", 0, 0, INT64_MAX);
  read.report.fetched_records = body.integer_or("fetched_records", 0, 0, INT64_MAX);
  read.report.connected_peers = read_connected_peers(body);
  read.report.stopping = body.flag_or("stopping", false);
  const std::string disk = body.optional_text("disk").value_or("ok");
  read.report.disk_full = disk == "full";
  if (disk != "full" && disk != "ok") body.refuse("disk", "must be \"ok\" or \"full\"");
  const std::string cluster = body.optional_text("cluster_id").value_or("");
  if (!cluster.empty()) {
    read.cluster_id = uuid::parse(cluster);
    if (!read.cluster_id) body.refuse("cluster_id", "is not a UUID");
  }
  if (!is_host(broker.host)) body.refuse("host", "must be a host name or address");
  if (const auto problem = body.finish())
    return std::unexpected(net::bad_request(context.component, *problem));
  return read;
}

/// The row that says exactly this already, so that a heartbeat needs no PostgreSQL.
std::optional<db::broker_row> find_unchanged(const db::metadata_snapshot& metadata,
                                             const db::broker_registration& broker) {
  const auto found = metadata.brokers().find(broker.id);
  if (found == metadata.brokers().end() || broker.incarnation.value() == 0) return std::nullopt;
  const db::broker_row& row = found->second;
  const bool same = row.incarnation == broker.incarnation && row.boot == broker.boot &&
                    row.host == broker.host && row.kafka_port == broker.kafka_port &&
                    row.raft_port == broker.raft_port &&
                    (broker.http_port == 0 || row.http_port == broker.http_port) && row.rack == broker.rack &&
                    row.release == broker.release;
  return same ? std::optional(row) : std::nullopt;
}

/// The row of the same broker with the same disk, whatever its address and boot count.
std::optional<db::broker_row> find_identity(const db::metadata_snapshot& metadata,
                                            const db::broker_registration& broker) {
  const auto found = metadata.brokers().find(broker.id);
  if (found == metadata.brokers().end() || broker.incarnation.value() == 0) return std::nullopt;
  const bool same = found->second.incarnation == broker.incarnation && broker.boot >= found->second.boot;
  return same ? std::optional(found->second) : std::nullopt;
}

http_response registered(const manager_context& context, const db::broker_row& broker, int status) {
  const auto metadata = context.cache.snapshot();
  return net::json_response("{\"status\":\"success\",\"broker_id\":" + std::to_string(broker.id.value()) +
                                ",\"cluster_id\":" + net::json_quote(to_string(metadata->cluster_id())) +
                                ",\"metadata_version\":" + std::to_string(metadata->version()) + "}",
                            status);
}

net::task<http_response> announce(manager_context& context, http_exchange& exchange) {
  if (auto may =
          context.authorise(exchange.request, net::operation::administer, {net::resource_kind::broker, {}});
      !may)
    co_return net::to_response(may.error());
  const api_result<announcement> read = read_announcement(context, exchange.request);
  if (!read) co_return net::to_response(read.error());
  // Whoever cannot prove the cluster's secret may announce an address, and has no say in which disk is behind
  // it.
  const bool itself = context.secret.empty() || context.secret.signed_by_cluster(exchange.request);
  const auto metadata = context.cache.snapshot();
  if (metadata->version() == 0)
    co_return net::to_response(context.metadata_unavailable("nothing has been read from PostgreSQL yet"));
  if (read->cluster_id && *read->cluster_id != metadata->cluster_id())
    co_return net::to_response(context.problem(409, "WRONG_CLUSTER",
                                               "the broker's data directory belongs to cluster " +
                                                   to_string(*read->cluster_id) + ", this is cluster " +
                                                   to_string(metadata->cluster_id())));
  db::broker_registration wanted = read->registration;
  if (!itself) {
    wanted.incarnation = incarnation_id(0);
    wanted.boot = boot_count(0);
  }
  const process_stamp process{wanted.boot, itself ? read->process : process_id(0)};
  if (context.registry.runs_twice({wanted.id, wanted.incarnation}, process)) {
    log_warning(
        "write_manager",
        "a second process says that it is broker {} (boot {}), at {}:{}: one of the two runs from a copy "
        "of the other's data directory; the second one is told to stop",
        wanted.id.value(), wanted.boot.value(), escape_for_log(wanted.host), wanted.kafka_port);
    co_return net::to_response(context.problem(
        409, "BROKER_RUNS_TWICE",
        "another process with this broker's identity and the same boot count runs already, so one of the two "
        "data directories is a copy of the other"));
  }
  if (const auto row = find_unchanged(*metadata, wanted)) {
    if (context.registry.note({row->id, row->incarnation}, process, read->report))
      log_info("write_manager", "broker {} is there (boot {})", row->id.value(), row->boot.value());
    co_return registered(context, *row, 200);
  }
  net::deadline end = context.metadata_deadline(exchange);
  const auto known = find_identity(*metadata, wanted);
  if (known) {
    // It is who it says it is. That it was started again is written down when PostgreSQL is there; a
    // heartbeat is not kept waiting for that.
    context.registry.note({known->id, known->incarnation}, process, read->report);
    end = end.earlier_of(net::deadline::in_ms(heartbeat_patience_ms));
  }
  const auto done = co_await context.store.register_broker(wanted, end);
  if (!done && done.error().code == error_code::conflict)
    co_return net::to_response(context.problem(409, "BROKER_CONFLICT", done.error().message));
  if (!done && known) co_return registered(context, *known, 200);
  if (!done) co_return net::to_response(context.from_store(done.error()));
  static_cast<void>(co_await context.follower.refresh(end));
  const db::broker_row& broker = done->broker;
  log_info("write_manager", "{} broker {} at {}:{} (incarnation {}, boot {})",
           done->created ? "registered" : "updated", broker.id.value(), escape_for_log(broker.host),
           broker.kafka_port, broker.incarnation.value(), broker.boot.value());
  if (wanted.incarnation.value() != 0)
    context.registry.note({broker.id, broker.incarnation}, {broker.boot, process.process}, read->report);
  co_return registered(context, broker, done->created ? 201 : 200);
}

struct replica_counts {
  std::int64_t partitions = 0;
  std::int64_t leaders = 0;
};

std::map<broker_id, replica_counts> count_replicas(const manager_context& context,
                                                   const db::metadata_snapshot& metadata) {
  const std::set<broker_id> gone = gone_brokers(context.registry, metadata);
  std::map<broker_id, replica_counts> counts;
  for (const auto& [name, topic] : metadata.topics())
    for (const db::partition_row& partition : topic->partitions) {
      for (const replica_id& voter : partition.voters) ++counts[voter.broker].partitions;
      // What is known of a partition may be older than the end of its leader.
      if (const auto leader = context.brokers.known_leader({topic->topic_id, partition.partition});
          leader && !gone.contains(*leader))
        ++counts[*leader].leaders;
    }
  return counts;
}

net::task<http_response> list_brokers(manager_context& context, http_exchange& exchange) {
  if (auto may =
          context.authorise(exchange.request, net::operation::describe, {net::resource_kind::broker, {}});
      !may)
    co_return net::to_response(may.error());
  // One that was announced to another manager belongs into the list.
  static_cast<void>(co_await context.follower.refresh(net::deadline::in_ms(500)));
  const auto metadata = context.cache.snapshot();
  if (metadata->version() == 0)
    co_return net::to_response(context.metadata_unavailable("nothing has been read yet"));
  auto counts = count_replicas(context, *metadata);
  std::string list;
  for (const auto& [id, broker] : metadata->brokers()) {
    list += std::string(list.empty() ? "" : ",") + "{\"broker_id\":" + std::to_string(id.value()) +
            ",\"host\":" + net::json_quote(broker.host) +
            ",\"kafka_port\":" + std::to_string(broker.kafka_port) +
            ",\"raft_port\":" + std::to_string(broker.raft_port) +
            ",\"http_port\":" + std::to_string(broker.http_port) +
            ",\"state\":" + net::json_quote(to_string(context.registry.state_of(id))) +
            ",\"last_seen_ms\":" + last_seen_json(context, id) +
            ",\"partitions\":" + std::to_string(counts[id].partitions) +
            ",\"leaders\":" + std::to_string(counts[id].leaders) + "}";
  }
  co_return net::json_response("{\"status\":\"success\",\"brokers\":[" + list + "]}");
}

http_response not_removed_with(const manager_context& context, broker_id id, const db::broker_load& load) {
  return net::to_response(context.problem(409, "BROKER_HAS_REPLICAS",
                                          "broker " + std::to_string(id.value()) + " holds " +
                                              std::to_string(load.replicas) + " replicas of " +
                                              std::to_string(load.topics) +
                                              " topics, and replicas cannot be moved to other brokers yet: "
                                              "delete those topics first, or keep the "
                                              "broker, and start it again if it is down"));
}

/// One that runs would be back with its next heartbeat.
bool is_running(const manager_context& context, broker_id id) {
  return context.registry.state_of(id) == broker_state::isolated ||
         context.registry.ask_health(
             [id](const broker_health& health, std::int64_t now_ms) { return health.answers(id, now_ms); });
}

net::task<http_response> remove_broker(manager_context& context, http_exchange& exchange) {
  const std::string text(exchange.path_parameter("id"));
  if (auto may =
          context.authorise(exchange.request, net::operation::administer, {net::resource_kind::broker, text});
      !may)
    co_return net::to_response(may.error());
  std::int32_t number = 0;
  const auto [end_of_number, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end_of_number != text.data() + text.size() || number < 1)
    co_return net::to_response(context.problem(
        404, "BROKER_NOT_FOUND", "there is no such broker: ids are numbers, GET /brokers lists them"));
  const broker_id id(number);
  const net::deadline end = context.metadata_deadline(exchange);
  if (is_running(context, id))
    co_return net::to_response(context.problem(
        409, "BROKER_ALIVE",
        "broker " + std::to_string(id.value()) + " runs, and would register again: stop it first"));
  const auto load = co_await context.store.remove_broker(id, end);
  if (!load && load.error().code == error_code::not_found)
    co_return net::to_response(context.problem(404, "BROKER_NOT_FOUND", load.error().message));
  if (!load) co_return net::to_response(context.from_store(load.error()));
  if (load->replicas > 0) co_return not_removed_with(context, id, *load);
  static_cast<void>(co_await context.follower.refresh(end));
  log_info("write_manager", "broker {} was removed from the cluster", id.value());
  co_return net::json_response("{\"status\":\"success\",\"broker_id\":" + std::to_string(id.value()) + "}",
                               202);
}

}  // namespace

void add_broker_routes(net::http_router& router, manager_context& context) {
  router.add(
      "POST", "/broker", [&](http_exchange& exchange) { return announce(context, exchange); },
      net::query_use::none);
  router.add(
      "GET", "/brokers", [&](http_exchange& exchange) { return list_brokers(context, exchange); },
      net::query_use::none);
  router.add(
      "DELETE", "/broker/{id}", [&](http_exchange& exchange) { return remove_broker(context, exchange); },
      net::query_use::none);
}

}  // namespace marquee::write_manager
