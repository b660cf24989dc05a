#include "booking_app/front_end/read_routes.h"

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "booking_app/front_end/answer_mapping.h"
#include "booking_app/front_end/entity_tag.h"
#include "booking_app/front_end/read_barrier.h"
#include "booking_app/front_end/request_fields.h"
#include "booking_app/machine/identifier_rules.h"
#include "booking_app/machine/queries.h"
#include "net/api_error.h"
#include "net/json_body.h"

namespace marquee::booking {
namespace {

/// A read that has passed the barrier.
struct read_request {
  net::http_exchange& exchange;
  net::json_body& query;
  const observer& of;
  const std::string& component;
  std::string asker;  ///< empty if nobody said who asks

  [[nodiscard]] const machine_state& state() const { return of.state(); }
  [[nodiscard]] std::string_view part(std::string_view name) const { return exchange.path_parameter(name); }
  [[nodiscard]] net::http_response refusal(std::string_view code, std::string message) const {
    net::http_response response = refuse(component, code, std::move(message));
    add_state_headers(of, response);
    return response;
  }
};

enum class asker_use : std::uint8_t { optional, required };

struct read_route {
  asker_use asker;
  /// Reads its part of the query; what is wrong with it is the query's problem.
  std::function<void(net::json_body&)> check;
  std::function<net::http_response(read_request&)> answer;
};

net::task<net::http_response> run(front_end_context& context, std::shared_ptr<read_barrier> barrier,
                                  const read_route& route, net::http_exchange& exchange) {
  const std::string component = context.options.component();
  net::json_body query = net::json_body::from_query(exchange.request);
  const freshness wanted = take_freshness(query);
  if (route.check) route.check(query);
  if (const auto problem = query.finish()) co_return net::to_response(net::bad_request(component, *problem));
  const auto asker = read_optional_client_id(exchange.request, component);
  if (!asker) co_return net::to_response(asker.error());
  if (!*asker && route.asker == asker_use::required)
    co_return refuse(component, "UNAUTHENTICATED", "X-Client-Id says who asks, and is missing");
  if (auto stopped = co_await barrier->pass(exchange, wanted)) co_return std::move(*stopped);
  read_request request{exchange, query, context.observed, component, asker->value_or("")};
  co_return route.answer(request);
}

net::http_response answer_shows(read_request& request) {
  const std::optional<std::string> movie = request.query.optional_text("movie");
  show_filter filter;
  if (movie) filter.movie = *movie;
  filter.from_ms = request.query.optional_integer("from", 0, std::numeric_limits<std::int64_t>::max());
  filter.only_available = request.query.flag_or("available", false);
  return state_response(request.of, shows_json(request.state(), filter));
}

net::http_response answer_seats(read_request& request) {
  const std::string_view id = request.part("id");
  const show* const found = request.state().shows.find(id);
  if (found == nullptr) return request.refusal("NO_SUCH_SHOW", "there is no show '" + std::string(id) + "'");
  const std::string tag = '"' + std::to_string(found->version) + '"';
  net::http_response response;
  if (names_tag(request.exchange.request, tag)) {
    response.status = 304;
  } else {
    std::string body = R"({"status":"success",)";
    body.append(seat_map_json(request.state(), id, request.asker)->substr(1));
    response = net::json_response(std::move(body));
  }
  response.headers.set("ETag", tag);
  response.headers.set("Vary", "X-Client-Id");
  response.headers.set("Cache-Control", "private, no-cache");
  add_state_headers(request.of, response);
  return response;
}

net::http_response answer_session(read_request& request) {
  const std::string_view id = request.part("id");
  const auto view = session_json(request.state(), id, request.asker);
  if (!view) return request.refusal("NO_SUCH_SESSION", "there never was a session '" + std::string(id) + "'");
  if (view->of_other) return request.refusal("NOT_OWNER", "the session is another client's");
  return state_response(request.of, view->json);
}

net::http_response answer_bookings(read_request& request) {
  const bool all = request.query.optional_text("state").has_value();
  return state_response(request.of, bookings_json(request.state(), request.asker,
                                                  all ? booking_filter::all : booking_filter::live));
}

net::http_response answer_lock(read_request& request) {
  const std::string_view name = request.part("name");
  const auto view = lock_json(request.state(), name);
  if (!view) return request.refusal("NO_SUCH_LOCK", "nobody ever acquired a lock of this name");
  return state_response(request.of, *view);
}

net::http_response answer_lock_file(read_request& request) {
  const std::string_view target = request.part("target");
  if (!is_valid_lock_file(target))
    return request.refusal("BAD_REQUEST", "a lock file is named by 1 to 128 of A-Z a-z 0-9 . _ -");
  net::http_response response = net::text_response(std::string(lock_file_content(request.state(), target)),
                                                   200, "application/octet-stream");
  // Anybody may have written it: no browser takes it for a page.
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Cache-Control", "no-cache");
  add_state_headers(request.of, response);
  return response;
}

void check_shows(net::json_body& query) {
  (void)query.optional_text("movie");
  (void)query.optional_integer("from", 0, std::numeric_limits<std::int64_t>::max());
  (void)query.flag_or("available", false);
}

void check_bookings(net::json_body& query) {
  if (query.optional_text("state").value_or("all") != "all")
    query.refuse("state", "'all', or nothing for the live ones");
}

}  // namespace

void add_read_routes(net::http_router& router, front_end_context& context) {
  auto barrier = std::make_shared<read_barrier>(context);
  const auto add = [&](std::string_view pattern, read_route route) {
    router.add("GET", pattern, [&context, barrier, route = std::move(route)](net::http_exchange& exchange) {
      return run(context, barrier, route, exchange);
    });
  };
  add("/v1/shows", {asker_use::optional, check_shows, answer_shows});
  add("/v1/shows/{id}/seats", {asker_use::optional, {}, answer_seats});
  add("/v1/sessions/{id}", {asker_use::required, {}, answer_session});
  add("/v1/bookings", {asker_use::required, check_bookings, answer_bookings});
  add("/v1/locks/{name}", {asker_use::optional, {}, answer_lock});
  add("/v1/lockfiles/{target}", {asker_use::optional, {}, answer_lock_file});
}

}  // namespace marquee::booking
