#include "booking_app/front_end/cluster_routes.h"

#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "booking_app/front_end/answer_mapping.h"
#include "booking_app/front_end/read_barrier.h"
#include "booking_app/machine/json_writer.h"
#include "net/api_error.h"
#include "net/json_body.h"
#include "net/wake_point.h"

namespace marquee::booking {
namespace {

/// A replica that is slower than this is shown without its offset: the others are not held up by it.
constexpr std::int64_t status_patience_ms = 500;
constexpr std::size_t needed_replicas = 2;

/// What the replicas answered; filled while it is waited for.
struct status_round {
  std::map<std::string, replica_status> known;
  std::size_t open = 0;
  net::wake_point answered;
  std::stop_source over;
};

net::task<> ask(replica_client& replicas, std::string name, std::shared_ptr<status_round> round) {
  auto status = co_await replicas.status(name, std::nullopt, 0, round->over.get_token());
  if (status) round->known.emplace(name, std::move(*status));
  --round->open;
  round->answered.wake_all();
}

net::task<std::map<std::string, replica_status>> ask_all(front_end_context& context) {
  const auto round = std::make_shared<status_round>();
  for (const std::string& name : context.replicas.names()) {
    ++round->open;
    context.loop.spawn([&replicas = context.replicas, name, round] { return ask(replicas, name, round); });
  }
  const net::deadline end = net::deadline::in_ms(status_patience_ms);
  while (round->open > 0 && !end.passed()) {
    const std::uint64_t seen = round->answered.generation();
    if (round->open > 0) (void)co_await round->answered.wait(seen, end);
  }
  auto known = round->known;
  round->over.request_stop();
  co_return known;
}

void write_replica(json_writer& out, const std::string& name, const replica_ledger::replica& noted,
                   const replica_status* status, std::int64_t newest) {
  out.open_object().name("digest");
  if (status != nullptr && status->digest)
    out.value(*status->digest);
  else
    out.raw("null");
  out.field("id", name).field("incarnation", noted.incarnation);
  if (status != nullptr)
    out.field("lag", std::max<std::int64_t>(newest - status->offset, 0));
  else
    out.raw_field("lag", "null");
  out.field("misses", noted.misses);
  if (status != nullptr)
    out.field("offset", status->offset);
  else
    out.raw_field("offset", "null");
  if (noted.state == replica_state::retired) out.field("reason", noted.reason);
  out.field("state", to_string(noted.state)).field("strikes", noted.strikes).close_object();
}

struct cluster_view {
  std::string json;
  std::size_t usable = 0;  ///< replicas that answer and may vote
};

net::task<cluster_view> look(front_end_context& context) {
  const auto known = co_await ask_all(context);
  std::int64_t newest = context.observed.consumed();
  for (const auto& [name, status] : known) newest = std::max(newest, status.offset);
  cluster_view view;
  json_writer out;
  out.open_object().name("replicas").open_array();
  for (const auto& [name, noted] : context.ledger.replicas()) {
    const auto found = known.find(name);
    // What answers in the name of a retired or a later incarnation says nothing about this one.
    const bool is_it = found != known.end() && found->second.incarnation == noted.incarnation;
    if (is_it && found->second.ok && noted.state != replica_state::retired) ++view.usable;
    write_replica(out, name, noted, is_it ? &found->second : nullptr, newest);
  }
  out.close_array().field("time_ms", context.observed.time_ms()).close_object();
  view.json = out.take();
  co_return view;
}

net::task<net::http_response> answer_cluster(front_end_context& context) {
  const cluster_view view = co_await look(context);
  co_return state_response(context.observed, view.json);
}

net::task<net::http_response> answer_health(front_end_context& context) {
  const cluster_view view = co_await look(context);
  if (view.usable >= needed_replicas && !context.observed.disagrees())
    co_return state_response(context.observed, view.json);
  const net::api_error problem = net::unavailable(
      context.options.component(), "NO_MAJORITY",
      context.observed.disagrees() ? "this front end's state is not the majority's"
                                   : "fewer than two replicas answer: nothing can be decided");
  net::http_response response = net::to_response(problem);
  response.body = "{" + net::to_json_members(problem) + "," + view.json.substr(1);
  add_state_headers(context.observed, response);
  co_return response;
}

net::http_response unreachable(const std::string& component, const std::string& name, const error& why) {
  return net::to_response(
      net::unavailable(component, "REPLICA_UNAVAILABLE", name + " does not answer: " + why.message));
}

net::task<net::http_response> answer_digest(front_end_context& context, net::http_exchange& exchange) {
  const std::string component = context.options.component();
  net::json_body query = net::json_body::from_query(exchange.request);
  const auto offset = query.optional_integer("offset", 0, std::numeric_limits<std::int64_t>::max());
  if (const auto problem = query.finish()) co_return net::to_response(net::bad_request(component, *problem));
  const std::string name(exchange.path_parameter("id"));
  if (!context.replicas.knows(name))
    co_return refuse(component, "NOT_FOUND", "there is no replica '" + name + "'");
  if (offset) {
    auto answer = co_await context.replicas.digest(name, *offset, exchange.client_gone_token());
    if (!answer) co_return unreachable(component, name, answer.error());
    net::http_response response = net::json_response(std::move(answer->body), answer->status);
    if (const std::string* const pause = answer->headers.find("Retry-After"))
      response.headers.set("Retry-After", *pause);
    co_return response;
  }
  const auto status = co_await context.replicas.status(name, std::nullopt, 0, exchange.client_gone_token());
  if (!status) co_return unreachable(component, name, status.error());
  json_writer out;
  out.open_object().field("digest", status->digest.value_or("")).field("offset", status->offset);
  out.field("replica", name).field("status", "success").close_object();
  co_return net::json_response(out.take());
}

}  // namespace

void add_cluster_routes(net::http_router& router, front_end_context& context) {
  router.add(
      "GET", "/v1/cluster", [&context](net::http_exchange&) { return answer_cluster(context); },
      net::query_use::none);
  router.add(
      "GET", "/v1/health", [&context](net::http_exchange&) { return answer_health(context); },
      net::query_use::none);
  router.add("GET", "/v1/replicas/{id}/digest",
             [&context](net::http_exchange& exchange) { return answer_digest(context, exchange); });
}

}  // namespace marquee::booking
