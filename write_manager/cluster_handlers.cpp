#include "write_manager/cluster_handlers.h"

#include <fmt/format.h>

#include "net/http_router.h"
#include "net/json_body.h"
#include "write_manager/activity_handler.h"
#include "write_manager/partition_status_client.h"
#include "write_manager/under_replicated.h"

namespace marquee::write_manager {

using net::http_exchange;
using net::http_response;

namespace {

constexpr std::int64_t status_wait_ms = 1'500;
/// Reads no metadata; it is told which managers there are.
constexpr std::string_view load_balancer_role = "load_balancer";

std::string manager_json(const db::manager_directory::entry& entry) {
  const db::process_row& process = entry.process;
  return "{\"name\":" + net::json_quote(process.name) + ",\"role\":" + net::json_quote(process.role) +
         ",\"http\":" + net::json_quote(process.http) +
         ",\"state\":" + (entry.alive ? "\"alive\"" : "\"failed\"") +
         ",\"version\":" + net::json_quote(process.release) + ",\"metadata_version\":" +
         (process.role == load_balancer_role ? "null" : std::to_string(process.known_version)) +
         ",\"last_seen_ms\":" + std::to_string(process.last_seen_ms) + "}";
}

std::string broker_json(const manager_context& context, const db::broker_row& broker) {
  const auto heard = context.registry.last(broker.id);
  const std::string host = broker.host + ":";
  return "{\"name\":\"broker-" + std::to_string(broker.id.value()) + "\",\"role\":\"broker\",\"http\":" +
         net::json_quote("http://" + host + std::to_string(broker.http_port)) +
         ",\"kafka\":" + net::json_quote(host + std::to_string(broker.kafka_port)) +
         ",\"broker_id\":" + std::to_string(broker.id.value()) +
         ",\"state\":" + net::json_quote(to_string(context.registry.state_of(broker.id))) +
         ",\"version\":" + net::json_quote(broker.release) + ",\"metadata_version\":" +
         (heard && heard->report.metadata_version ? std::to_string(*heard->report.metadata_version)
                                                  : "null") +
         ",\"last_seen_ms\":" + last_seen_json(context, broker.id) + ",\"disk\":" +
         (!heard                    ? "null"
          : heard->report.disk_full ? "\"full\""
                                    : "\"ok\"") +
         "}";
}

std::string rates_json(const std::optional<traffic_rates>& rates) {
  if (!rates) return R"({"produced_per_s":null,"consumed_per_s":null})";
  return fmt::format(R"({{"produced_per_s":{:.1f},"consumed_per_s":{:.1f}}})", rates->produced_per_s,
                     rates->consumed_per_s);
}

std::string joined(const std::vector<std::string>& items) {
  std::string all;
  for (const std::string& item : items) all += (all.empty() ? "" : ",") + item;
  return all;
}

/// The manager that wrote itself into the controller row is not asked for; whoever holds the office says so
/// itself.
net::task<http_response> get_cluster(manager_context& context, const db::manager_directory& managers,
                                     http_exchange& exchange) {
  if (auto may =
          context.authorise(exchange.request, net::operation::describe, {net::resource_kind::cluster, {}});
      !may)
    co_return net::to_response(may.error());
  const auto metadata = context.cache.snapshot();
  if (metadata->version() == 0)
    co_return net::to_response(context.metadata_unavailable("nothing has been read yet"));
  const partition_statuses statuses = co_await ask_partition_statuses(
      context, nullptr, read_barrier::no,
      exchange.request_deadline.earlier_of(net::deadline::in_ms(status_wait_ms)));
  const std::set<broker_id> gone = gone_brokers(context.registry, *metadata);
  std::vector<std::string> processes;
  for (const auto& entry : managers.entries()) processes.push_back(manager_json(entry));
  for (const auto& [id, broker] : metadata->brokers()) processes.push_back(broker_json(context, broker));
  std::vector<std::string> topics;
  for (const auto& [name, topic] : metadata->topics())
    if (!topic->internal)
      topics.push_back("{\"name\":" + net::json_quote(name) +
                       ",\"topic_id\":" + net::json_quote(to_string(topic->topic_id)) +
                       ",\"partitions\":" + partitions_json(*topic, statuses, gone) + "}");
  const auto office = co_await context.store.read_office(net::deadline::in_ms(500));
  co_return net::json_response(
      "{\"status\":\"success\",\"cluster_id\":" + net::json_quote(to_string(metadata->cluster_id())) +
      ",\"metadata_version\":" + std::to_string(metadata->version()) +
      ",\"controller\":" + (office && !office->holder.empty() ? net::json_quote(office->holder) : "null") +
      ",\"processes\":[" + joined(processes) + "],\"topics\":[" + joined(topics) +
      "],\"under_replicated\":" + under_replicated_json(find_under_replicated(*metadata, statuses, gone)) +
      ",\"rates\":" + rates_json(context.registry.rates()) + "}");
}

net::task<http_response> get_managers(manager_context& context, const db::manager_directory& managers,
                                      http_exchange& exchange) {
  if (auto may = context.require_cluster(exchange.request); !may) co_return net::to_response(may.error());
  std::vector<std::string> list;
  for (const auto& entry : managers.entries()) list.push_back(manager_json(entry));
  co_return net::json_response(
      "{\"status\":\"success\",\"metadata_version\":" + std::to_string(context.cache.version()) +
      ",\"managers\":[" + joined(list) + "]}");
}

/// A load balancer reports itself, as managers do.
net::task<http_response> note_load_balancer(manager_context& context, http_exchange& exchange) {
  if (auto may = context.require_cluster(exchange.request); !may) co_return net::to_response(may.error());
  net::json_body body = net::json_body::parse(exchange.request.body);
  db::process_row process;
  process.name = body.text("name");
  process.http = body.text("http");
  process.release = body.text("version");
  process.started_ms = body.integer("started_ms", 0, INT64_MAX);
  process.role = load_balancer_role;
  if (const auto problem = body.finish())
    co_return net::to_response(net::bad_request(context.component, *problem));
  const result<> done = co_await context.store.report_process(process, context.metadata_deadline(exchange));
  if (!done) co_return net::to_response(context.from_store(done.error()));
  co_return net::json_response("{\"status\":\"success\"}");
}

net::task<http_response> take_producer_ids(manager_context& context, http_exchange& exchange) {
  constexpr std::int64_t most_at_once = 1'000'000;
  if (auto may = context.require_cluster(exchange.request); !may) co_return net::to_response(may.error());
  net::json_body body = net::json_body::parse(exchange.request.body);
  const std::int64_t count = body.integer("count", 1, most_at_once);
  if (const auto problem = body.finish())
    co_return net::to_response(net::bad_request(context.component, *problem));
  const auto first = co_await context.store.take_producer_ids(count, context.metadata_deadline(exchange));
  if (!first) co_return net::to_response(context.from_store(first.error()));
  co_return net::json_response("{\"status\":\"success\",\"first\":" + std::to_string(*first) +
                               ",\"count\":" + std::to_string(count) + "}");
}

}  // namespace

void add_cluster_routes(net::http_router& router, manager_context& context,
                        const db::manager_directory& managers) {
  router.add(
      "GET", "/cluster", [&](http_exchange& exchange) { return get_cluster(context, managers, exchange); },
      net::query_use::none);
  router.add("GET", "/internal/managers",
             [&](http_exchange& exchange) { return get_managers(context, managers, exchange); });
  router.add("POST", "/internal/load-balancers",
             [&](http_exchange& exchange) { return note_load_balancer(context, exchange); });
  router.add("POST", "/internal/producer-ids",
             [&](http_exchange& exchange) { return take_producer_ids(context, exchange); });
}

}  // namespace marquee::write_manager
