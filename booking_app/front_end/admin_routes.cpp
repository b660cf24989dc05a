#include <algorithm>
#include <utility>

#include "booking_app/front_end/answer_mapping.h"
#include "booking_app/front_end/request_fields.h"
#include "booking_app/front_end/routes.h"
#include "net/json_body.h"

namespace marquee::booking {
namespace {

constexpr std::int64_t most_faults = 1'000'000;

/// Who asks, if it is an administrator; judged by the state that a majority has confirmed.
std::optional<net::http_response> refuse_others(const net::http_request& request,
                                                const front_end_context& context) {
  const std::string component = context.options.component();
  const auto client = read_client_id(request, component);
  if (!client) return net::to_response(client.error());
  if (auto wrong = check_query(request, component, {})) return net::to_response(*wrong);
  const auto& admins = context.observed.state().config.admins;
  if (std::ranges::find(admins, *client) == admins.end())
    return refuse(component, "NOT_ADMIN", "only an administrator may do that");
  return std::nullopt;
}

net::http_response accepted(std::string_view what, const std::string& replica) {
  return net::json_response(R"({"status":"success","code":")" + std::string(what) + R"(","replica":)" +
                                net::json_quote(replica) + "}",
                            202);
}

/// What a replica answered to something that it was asked to do, as this front end's own answer.
net::http_response pass_on(const result<net::http_response>& answer, std::string_view what,
                           const std::string& replica, const std::string& component) {
  if (!answer)
    return net::to_response(net::unavailable(
        component, "UNAVAILABLE", "the replica " + replica + " does not answer: " + answer.error().message));
  if (answer->status < 300) return accepted(what, replica);
  if (answer->status == 404)
    return refuse(component, "NOT_FOUND", "this build of the replica cannot do that");
  if (answer->status < 500) {
    net::http_response told = net::json_response(answer->body, answer->status);
    return told;
  }
  return net::to_response(net::unavailable(
      component, "UNAVAILABLE", "the replica " + replica + " answered " + std::to_string(answer->status)));
}

net::http_response unknown_replica(const std::string& replica, const std::string& component) {
  return refuse(component, "NOT_FOUND", "there is no replica " + replica);
}

net::task<net::http_response> replace(net::http_exchange& exchange, front_end_context& context) {
  if (auto refused = refuse_others(exchange.request, context)) co_return std::move(*refused);
  const std::string component = context.options.component();
  const std::string replica(exchange.path_parameter("id"));
  const auto& known = context.ledger.replicas();
  const auto found = known.find(replica);
  if (found == known.end()) co_return unknown_replica(replica, component);
  net::json_body body = net::json_body::parse(exchange.request.body);
  if (auto problem = body.finish()) co_return net::to_response(net::bad_request(component, *problem));
  context.note(replica_retired{replica, found->second.incarnation, "asked for by an administrator",
                               "fe-" + std::to_string(context.options.number)});
  co_return accepted("REPLACING", replica);
}

net::task<net::http_response> snapshot(net::http_exchange& exchange, front_end_context& context) {
  if (auto refused = refuse_others(exchange.request, context)) co_return std::move(*refused);
  const std::string component = context.options.component();
  const std::string replica(exchange.path_parameter("id"));
  if (!context.replicas.knows(replica)) co_return unknown_replica(replica, component);
  net::json_body body = net::json_body::parse(exchange.request.body);
  if (auto problem = body.finish()) co_return net::to_response(net::bad_request(component, *problem));
  const auto answer = co_await context.replicas.take_snapshot(replica, exchange.client_gone_token());
  co_return pass_on(answer, "SNAPSHOT", replica, component);
}

net::task<net::http_response> fault(net::http_exchange& exchange, front_end_context& context) {
  if (auto refused = refuse_others(exchange.request, context)) co_return std::move(*refused);
  const std::string component = context.options.component();
  net::json_body body = net::json_body::parse(exchange.request.body);
  const std::string replica = body.text("replica");
  const std::string mode = body.text("mode");
  const std::int64_t count = body.integer_or("count", 1, 1, most_faults);
  if (!body.failed() && mode != "wrong_reply" && mode != "corrupt_state" && mode != "slow" && mode != "crash")
    body.refuse("mode", "must be wrong_reply, corrupt_state, slow or crash");
  if (auto problem = body.finish()) co_return net::to_response(net::bad_request(component, *problem));
  if (!context.replicas.knows(replica)) co_return unknown_replica(replica, component);
  const auto answer =
      co_await context.replicas.inject_fault(replica, mode, count, exchange.client_gone_token());
  co_return pass_on(answer, "FAULT", replica, component);
}

}  // namespace

void add_admin_routes(net::http_router& router, front_end_context& context) {
  router.add("POST", "/v1/admin/replicas/{id}/replace",
             [&context](net::http_exchange& exchange) { return replace(exchange, context); });
  router.add("POST", "/v1/admin/replicas/{id}/snapshot",
             [&context](net::http_exchange& exchange) { return snapshot(exchange, context); });
  router.add("POST", "/v1/admin/fault",
             [&context](net::http_exchange& exchange) { return fault(exchange, context); });
}

}  // namespace marquee::booking
