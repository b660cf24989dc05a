#include "db/manager_directory.h"
#include "net/cluster_secret.h"
#include "net/json_body.h"
#include "read_manager/api_errors.h"
#include "read_manager/handlers.h"

namespace marquee::read_manager {

namespace {
constexpr std::int64_t undelivered_timeout_ms = 2'000;
}

net::task<net::http_response> handle_undelivered(services& all, net::http_exchange& exchange) {
  if (!all.secret.signed_by_cluster(exchange.request)) co_return to_response(forbidden(all.component));
  net::json_body query = net::json_body::from_query(exchange.request);
  const std::string id = query.text("consumer_id");
  const std::string attempt = query.text("attempt");
  if (auto problem = query.finish()) co_return to_response(net::bad_request(all.component, *problem));
  if (const consumer_pointer consumer = all.table.find(id)) {
    consumer->give_up(attempt);
  } else if (!all.forwarder.was_forwarded(exchange.request)) {
    const net::deadline end = services::end_of(exchange, undelivered_timeout_ms);
    const result<consumer_record> record = co_await all.positions.read(id, end);
    if (!record)
      co_return to_response(
          brokers_unavailable(all.component, record.error().message, net::api_outcome::definite));
    // Without a session nothing is owed: a new one begins at the committed position. So it does after taking
    // over from an owner that cannot be told.
    if (next_step(*record, all.positions.self(), arrival::direct) == ownership_step::forward &&
        !co_await all.forwarder.say_undelivered(record->owner, id, attempt,
                                                all.forwarder.patience_ms(exchange.request, record->owner))) {
      const auto who = co_await find_consumer(all, id, std::nullopt, end);
      if (who && !co_await all.router.take_over(*who, *record, end))
        co_return to_response(owner_silent(all.component, record->owner));
    }
  }
  co_return net::json_response(R"({"status":"success"})");
}

net::task<net::http_response> handle_release(services& all, net::http_exchange& exchange) {
  if (!all.secret.signed_by_cluster(exchange.request)) co_return to_response(forbidden(all.component));
  net::json_body query = net::json_body::from_query(exchange.request);
  const std::string id = query.text("consumer_id");
  if (auto problem = query.finish()) co_return to_response(net::bad_request(all.component, *problem));
  all.table.erase(id);
  co_return net::json_response(R"({"status":"success"})");
}

net::task<net::http_response> handle_answer_now(services& all, net::http_exchange& exchange) {
  if (!all.secret.signed_by_cluster(exchange.request)) co_return to_response(forbidden(all.component));
  net::json_body query = net::json_body::from_query(exchange.request);
  const std::string id = query.text("consumer_id");
  if (auto problem = query.finish()) co_return to_response(net::bad_request(all.component, *problem));
  if (const consumer_pointer consumer = all.table.find(id)) {
    consumer->in_a_hurry = true;
    consumer->changed.wake_all();
  } else {
    all.forwarder.hurry(id);
  }
  co_return net::json_response(R"({"status":"success"})");
}

net::task<net::http_response> handle_managers(services& all, net::http_exchange& exchange) {
  if (!all.secret.signed_by_cluster(exchange.request)) co_return to_response(forbidden(all.component));
  std::string body =
      R"({"status":"success","metadata_version":)" + std::to_string(all.cache.version()) + R"(,"managers":[)";
  bool first = true;
  for (const db::manager_directory::entry& entry : all.managers.entries()) {
    body += std::string(first ? "" : ",") + R"({"name":)" + net::json_quote(entry.process.name) +
            R"(,"role":)" + net::json_quote(entry.process.role) + R"(,"http":)" +
            net::json_quote(entry.process.http) + R"(,"state":")" + (entry.alive ? "alive" : "failed") +
            R"(","last_seen_ms":)" + std::to_string(entry.process.last_seen_ms) + "}";
    first = false;
  }
  co_return net::json_response(body + "]}");
}

void add_routes(net::http_router& router, services& all) {
  using handler = net::task<net::http_response> (*)(services&, net::http_exchange&);
  const auto add = [&](std::string method, std::string_view path, handler handle,
                       net::query_use query = net::query_use::none) {
    router.add(
        std::move(method), path,
        [&all, handle](net::http_exchange& exchange) { return handle(all, exchange); }, query);
  };
  add("POST", "/consumer/register", handle_register);
  add("POST", "/consumer/consume", handle_consume);
  add("GET", "/consumer/consume", handle_consume, net::query_use::read);
  add("POST", "/consumer/commit", handle_commit);
  add("POST", "/consumer/seek", handle_seek);
  add("GET", "/consumer/{id}", handle_status);
  add("DELETE", "/consumer/{id}", handle_delete);
  add("GET", "/size", handle_size, net::query_use::read);
  add("POST", "/internal/undelivered", handle_undelivered, net::query_use::read);
  add("POST", "/internal/release", handle_release, net::query_use::read);
  add("POST", "/internal/answer-now", handle_answer_now, net::query_use::read);
  add("GET", "/internal/managers", handle_managers);
}

}  // namespace marquee::read_manager
