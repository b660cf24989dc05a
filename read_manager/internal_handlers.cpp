#include "db/manager_directory.h"
#include "net/cluster_secret.h"
#include "net/json_body.h"
#include "read_manager/api_errors.h"
#include "read_manager/handlers.h"

namespace marquee::read_manager {

net::task<net::http_response> handle_undelivered(services& all, net::http_exchange& exchange) {
  if (!all.secret.signed_by_cluster(exchange.request)) co_return to_response(forbidden(all.component));
  net::json_body query = net::json_body::from_query(exchange.request);
  const std::string text = query.text("delivery");
  const auto name = parse_delivery_name(text);
  if (!name)
    query.refuse("delivery", "'delivery' is not the value of an " + std::string(delivery_header) + " header");
  if (auto problem = query.finish()) co_return to_response(net::bad_request(all.component, *problem));
  // Without a session nothing is owed: a new one begins at the committed position.
  if (name->owner != all.positions.self())
    all.forwarder.say_undelivered(name->owner, text);
  else if (const consumer_pointer consumer = all.table.find(name->consumer_id))
    consumer->session.undo(name->number);
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
  const auto add = [&](std::string method, std::string_view path, handler handle) {
    router.add(std::move(method), path,
               [&all, handle](net::http_exchange& exchange) { return handle(all, exchange); });
  };
  add("POST", "/consumer/register", handle_register);
  add("POST", "/consumer/consume", handle_consume);
  add("GET", "/consumer/consume", handle_consume);
  add("POST", "/consumer/commit", handle_commit);
  add("POST", "/consumer/seek", handle_seek);
  add("GET", "/consumer/{id}", handle_status);
  add("DELETE", "/consumer/{id}", handle_delete);
  add("GET", "/size", handle_size);
  add("POST", "/internal/undelivered", handle_undelivered);
  add("GET", "/internal/managers", handle_managers);
}

}  // namespace marquee::read_manager
