#include "broker/recover_handler.h"

#include <nlohmann/json.hpp>
#include <string>

#include "broker/replica_lookup.h"
#include "net/api_error.h"
#include "net/event_loop.h"
#include "net/future.h"
#include "net/json_body.h"

namespace marquee::broker {

namespace {

using nlohmann::json;

constexpr std::int64_t answer_timeout_ms = 5'000;

enum class loss : std::uint8_t { only_told, accepted };

/// On the replica's thread.
std::string look_at(raft::replica& replica, loss how) {
  const bool was_in_doubt = replica.status().in_doubt;
  if (how == loss::accepted) (void)replica.accept_loss();
  const raft::node_status now = replica.status();
  json told = {{"status", "success"},
               {"broker_id", replica.self().broker.value()},
               {"topic_id", to_string(replica.group().topic_id)},
               {"partition", replica.group().partition.value()},
               {"was_in_doubt", was_in_doubt},
               {"in_doubt", now.in_doubt},
               {"term", now.now.term.value()},
               {"last_index", now.last_index.value()},
               {"commit_index", now.commit_index.value()}};
  told["leader"] = now.now.leader ? json(now.now.leader->broker.value()) : json(nullptr);
  if (!replica.fenced().empty()) told["fenced"] = replica.fenced();
  return told.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

net::task<net::http_response> recover_partition(const internal_routes_environment& environment,
                                                broker_services& services, net::http_exchange& exchange) {
  net::json_body body = net::json_body::parse(exchange.request.body);
  const asked_partition asked = read_asked_partition(body);
  const loss how = body.flag_or("accept_loss", false) ? loss::accepted : loss::only_told;
  if (const auto problem = body.finish())
    co_return net::to_response(net::bad_request(environment.component, *problem));
  const replica_pointer replica = find_replica(services, asked);
  if (!replica) co_return no_replica(environment.component, asked);
  const net::promise<std::string> promise;
  auto coming = promise.get_future();
  replica->loop().post([replica, promise, how] { promise.set(look_at(*replica, how)); });
  const auto told =
      co_await coming.wait(net::deadline::in_ms(answer_timeout_ms), exchange.client_gone_token());
  if (!told) co_return no_answer(environment.component);
  co_return net::json_response(*told);
}

}  // namespace marquee::broker
