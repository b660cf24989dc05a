#include "broker/internal_routes.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "broker/metadata_codec.h"
#include "broker/partition_report.h"
#include "broker/raft_admin_handler.h"
#include "broker/record_admin_handler.h"
#include "broker/recover_handler.h"
#include "broker/replica_lookup.h"
#include "net/api_error.h"

namespace marquee::broker {

namespace {

using net::http_response;
using nlohmann::json;
using push_verdict = cluster_metadata::push_verdict;

constexpr std::int64_t longest_poll_ms = 60'000;
constexpr std::int64_t report_timeout_ms = 2'000;
constexpr std::size_t leaders_most = 10'000;

std::int64_t number(const net::http_request& request, std::string_view name, std::int64_t fallback) {
  const std::string* text = request.query_value(name);
  std::int64_t value = fallback;
  if (text != nullptr) (void)std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

using inner_handler = std::function<net::task<http_response>(const internal_routes_environment&,
                                                             broker_services&, net::http_exchange&)>;

/// What every internal endpoint asks first.
net::http_handler guarded(const internal_routes_environment& environment, inner_handler inner) {
  return [&environment, inner = std::move(inner)](net::http_exchange& exchange) -> net::task<http_response> {
    if (!environment.secret.signed_by_cluster(exchange.request))
      co_return refusal(
          environment.component, 403, "FORBIDDEN",
          "this endpoint is for processes of the cluster: the proof of its secret is missing or wrong");
    broker_services* services = environment.services();
    if (services == nullptr)
      co_return net::to_response(
          net::unavailable(environment.component, "NOT_READY", "the broker is starting"));
    co_return co_await inner(environment, *services, exchange);
  };
}

http_response answer_push(const internal_routes_environment& environment, const push_result& pushed) {
  const cluster_metadata& now = *pushed.now;
  switch (pushed.verdict) {
    case push_verdict::applied:
      return net::json_response(json{{"status", "success"}, {"version", now.version}}.dump());
    case push_verdict::gap:
      return refusal(environment.component, 409, "METADATA_GAP",
                     "this broker has version " + std::to_string(now.version) + ": send everything");
    case push_verdict::wrong_cluster:
      return refusal(environment.component, 409, "WRONG_CLUSTER",
                     "this broker belongs to cluster " + to_string(now.cluster_id));
    case push_verdict::stale_controller:
      break;
  }
  net::api_error error;
  error.code = "STALE_CONTROLLER";
  error.message = "controller " + now.controller_holder + " with epoch " +
                  std::to_string(now.controller_epoch) + " was here before";
  error.component = environment.component;
  return net::json_response("{" + net::to_json_members(error) +
                                ",\"controller_epoch\":" + std::to_string(now.controller_epoch) +
                                ",\"controller_holder\":" + net::json_quote(now.controller_holder) + "}",
                            409);
}

net::task<http_response> take_metadata(const internal_routes_environment& environment,
                                       broker_services& services, net::http_exchange& exchange) {
  (void)services;
  auto push = decode_metadata_push(exchange.request.body);
  if (!push) co_return net::to_response(net::bad_request(environment.component, push.error().message));
  const auto pushed = co_await environment.push(std::move(*push)).wait();
  if (!pushed)
    co_return net::to_response(
        net::unavailable(environment.component, "METADATA_NOT_STORED", pushed.error().message));
  co_return answer_push(environment, *pushed);
}

net::task<http_response> tell_leaders(const internal_routes_environment& environment,
                                      broker_services& services, net::http_exchange& exchange) {
  const auto since =
      static_cast<std::uint64_t>(std::max<std::int64_t>(number(exchange.request, "since", 0), 0));
  const std::int64_t wait_ms =
      std::clamp<std::int64_t>(number(exchange.request, "wait_ms", 0), 0, longest_poll_ms);
  const net::deadline end = net::deadline::in_ms(wait_ms);
  raft::leader_table& table = services.host.leaders();
  for (;;) {
    const std::uint64_t seen = environment.leaders_changed.generation();
    if (table.version() != since || exchange.stopping()) break;
    if (co_await environment.leaders_changed.wait(seen, end, exchange.client_gone_token()) !=
        net::wake_reason::woken)
      break;
  }
  // A version above ours is from before our start: everything is told again.
  const bool older_life = since > table.version();
  const auto changes = table.since(older_life ? 0 : since, leaders_most);
  json leaders = json::array();
  for (const raft::group_leader& one : changes.leaders)
    leaders.push_back({{"topic_id", to_string(one.group.topic_id)},
                       {"partition", one.group.partition.value()},
                       {"leader", one.leader.broker.value()},
                       {"term", one.term.value()}});
  co_return net::json_response(json{{"version", changes.version}, {"leaders", std::move(leaders)}}.dump());
}

net::task<http_response> tell_partitions(const internal_routes_environment& environment,
                                         broker_services& services, net::http_exchange& exchange) {
  const std::string* topic_text = exchange.request.query_value("topic_id");
  const auto topic = topic_text == nullptr ? std::nullopt : uuid::parse(*topic_text);
  if (topic_text != nullptr && !topic)
    co_return net::to_response(
        net::bad_request(environment.component, "topic_id is not a UUID", "/topic_id"));
  const std::string* barrier = exchange.request.query_value("barrier");
  const auto freshness = barrier != nullptr && *barrier == "true" ? report_freshness::confirmed
                                                                  : report_freshness::as_known_here;
  std::vector<net::future<std::string>> coming;
  services.host.for_each([&](const replica_pointer& replica) {
    if (!topic || replica->group().topic_id == *topic) coming.push_back(report_partition(replica, freshness));
  });
  const net::deadline end = exchange.request_deadline.earlier_of(net::deadline::in_ms(report_timeout_ms));
  std::string list;
  for (net::future<std::string>& one : coming) {
    const auto told = co_await one.wait(end, exchange.client_gone_token());
    if (told) list += (list.empty() ? "" : ",") + *told;
  }
  co_return net::json_response("{\"status\":\"success\",\"partitions\":[" + list + "]}");
}

}  // namespace

void add_internal_routes(net::http_router& router, const internal_routes_environment& environment) {
  router.add("POST", "/internal/metadata", guarded(environment, take_metadata));
  router.add("GET", "/internal/leaders", guarded(environment, tell_leaders));
  router.add("GET", "/internal/partitions", guarded(environment, tell_partitions));
  router.add("POST", "/internal/recover", guarded(environment, recover_partition));
  router.add("GET", "/internal/raft", guarded(environment, tell_raft));
  router.add("POST", "/internal/raft/transfer", guarded(environment, transfer_leadership));
  router.add("POST", "/internal/raft/timeout", guarded(environment, time_out_leader));
  router.add("POST", "/internal/raft/store", guarded(environment, store_record));
  router.add("POST", "/internal/raft/retrieve", guarded(environment, retrieve_records));
}

}  // namespace marquee::broker
