#include "broker/raft_admin_handler.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/logging.h"
#include "broker/raft_report.h"
#include "broker/replica_lookup.h"
#include "net/api_error.h"
#include "net/json_body.h"

namespace marquee::broker {

namespace {

using net::http_response;
using nlohmann::json;

constexpr std::int64_t answer_timeout_ms = 5'000;
constexpr std::int64_t report_timeout_ms = 2'000;

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json topic_name(const cluster_metadata& metadata, const uuid& topic_id) {
  const topic_metadata* topic = metadata.find(topic_id);
  return topic == nullptr ? json(nullptr) : json(topic->name);
}

net::future<json> ask_report(const replica_pointer& replica) {
  return ask_partition<json>(replica, [](partition& served, const net::promise<json>& promise) {
    promise.set(report_raft(served));
  });
}

net::task<http_response> tell_all(broker_services& services, net::http_exchange& exchange) {
  std::vector<net::future<json>> coming;
  services.host.for_each([&](const replica_pointer& replica) { coming.push_back(ask_report(replica)); });
  const net::deadline end = net::deadline::in_ms(report_timeout_ms).earlier_of(exchange.request_deadline);
  const metadata_snapshot metadata = services.catalog.snapshot();
  json replicas = json::array();
  std::int64_t silent = 0;
  for (net::future<json>& one : coming) {
    auto told = co_await one.wait(end, exchange.client_gone_token());
    if (!told) {
      ++silent;
      continue;
    }
    (*told)["topic"] = topic_name(*metadata, *uuid::parse((*told)["topic_id"].get<std::string>()));
    replicas.push_back(std::move(*told));
  }
  json peers = json::array();
  for (const broker_id peer : services.host.connected_peers()) peers.push_back(peer.value());
  co_return net::json_response(dump({{"status", "success"},
                                     {"broker_id", services.self.broker.value()},
                                     {"connected_peers", std::move(peers)},
                                     {"replicas_without_answer", silent},
                                     {"replicas", std::move(replicas)}}));
}

/// What became of an order to a replica.
struct order_outcome {
  int status = 200;
  std::string code{};
  std::string message{};
  std::optional<broker_id> leader{};
};

http_response answer(const internal_routes_environment& environment, const broker_services& services,
                     const asked_partition& asked, const result<order_outcome>& outcome) {
  if (!outcome) return no_answer(environment.component);
  if (outcome->status == 200) return net::json_response(R"({"status":"success"})");
  if (outcome->code == "NOT_LEADER")
    return not_leader(services, environment.component, asked, outcome->leader);
  return refusal(environment.component, outcome->status, outcome->code, outcome->message);
}

/// On the replica's thread. `connected`: the brokers that this one has a connection to.
order_outcome begin_transfer(raft::replica& replica, broker_id target,
                             const std::vector<broker_id>& connected) {
  const raft::node_status status = replica.status();
  if (!replica.is_leader()) {
    const auto leader = replica.leader();
    return {
        .status = 409, .code = "NOT_LEADER", .leader = leader ? std::optional(leader->broker) : std::nullopt};
  }
  if (target == replica.self().broker) return {};
  const auto voter = std::ranges::find(status.members.voters, target, &replica_id::broker);
  const std::string who = "broker " + std::to_string(target.value());
  if (voter == status.members.voters.end())
    return {.status = 422, .code = "NOT_A_VOTER", .message = who + " is no voter of this partition"};
  const auto progress = std::ranges::find(status.progress, *voter, &raft::peer_progress::replica);
  const bool in_touch = progress != status.progress.end() && progress->active &&
                        std::ranges::find(connected, target) != connected.end();
  if (!in_touch || progress->in_doubt ||
      status.last_index.value() - progress->match.value() > transfer_lag_most)
    return {.status = 422,
            .code = "NOT_IN_SYNC",
            .message = who + (!in_touch            ? " is not in touch with the leader"
                              : progress->in_doubt ? " is in doubt after a loss of power"
                                                   : " is too far behind")};
  if (const auto begun = replica.transfer_leadership(*voter, raft::transfer_reason::order); !begun)
    return {.status = 422, .code = "NOT_A_VOTER", .message = begun.error().message};
  return {};
}

/// On the replica's thread.
order_outcome begin_campaign(raft::replica& replica) {
  if (const auto begun = replica.campaign(); !begun)
    return {.status = 409, .code = "REFUSED", .message = begun.error().message};
  return {};
}

/// Runs `order(replica)` on the replica's thread and answers with what came of it.
template <class Order>
net::task<http_response> give_order(const internal_routes_environment& environment,
                                    const broker_services& services, net::http_exchange& exchange,
                                    const asked_partition& asked, Order order) {
  const replica_pointer replica = find_replica(services, asked);
  if (!replica) co_return no_replica(environment.component, asked);
  const net::promise<order_outcome> promise;
  auto coming = promise.get_future();
  replica->loop().post([replica, promise, order = std::move(order)] { promise.set(order(*replica)); });
  const auto outcome =
      co_await coming.wait(net::deadline::in_ms(answer_timeout_ms), exchange.client_gone_token());
  co_return answer(environment, services, asked, outcome);
}

}  // namespace

net::task<http_response> tell_raft(const internal_routes_environment& environment, broker_services& services,
                                   net::http_exchange& exchange) {
  if (exchange.request.query.empty()) co_return co_await tell_all(services, exchange);
  net::json_body query = net::json_body::from_query(exchange.request);
  const asked_partition asked = read_asked_partition(query);
  if (const auto problem = query.finish())
    co_return net::to_response(net::bad_request(environment.component, *problem));
  const replica_pointer replica = find_replica(services, asked);
  if (!replica) co_return no_replica(environment.component, asked);
  auto coming = ask_report(replica);
  auto told = co_await coming.wait(net::deadline::in_ms(answer_timeout_ms), exchange.client_gone_token());
  if (!told) co_return no_answer(environment.component);
  (*told)["status"] = "success";
  (*told)["topic"] = topic_name(*services.catalog.snapshot(), replica->group().topic_id);
  co_return net::json_response(dump(*told));
}

net::task<http_response> transfer_leadership(const internal_routes_environment& environment,
                                             broker_services& services, net::http_exchange& exchange) {
  net::json_body body = net::json_body::parse(exchange.request.body);
  const asked_partition asked = read_asked_partition(body);
  const broker_id target(
      static_cast<std::int32_t>(body.integer("target", 1, std::numeric_limits<std::int32_t>::max())));
  if (const auto problem = body.finish())
    co_return net::to_response(net::bad_request(environment.component, *problem));
  log_info("broker", "asked to hand leadership of {} to broker {}", escape_for_log(asked.text()),
           target.value());
  co_return co_await give_order(
      environment, services, exchange, asked,
      [target, connected = services.host.connected_peers()](raft::replica& replica) {
        return begin_transfer(replica, target, connected);
      });
}

net::task<http_response> time_out_leader(const internal_routes_environment& environment,
                                         broker_services& services, net::http_exchange& exchange) {
  net::json_body body = net::json_body::parse(exchange.request.body);
  const asked_partition asked = read_asked_partition(body);
  if (const auto problem = body.finish())
    co_return net::to_response(net::bad_request(environment.component, *problem));
  log_info("broker", "asked to stand for election in {} at once", escape_for_log(asked.text()));
  co_return co_await give_order(environment, services, exchange, asked, begin_campaign);
}

}  // namespace marquee::broker
