#include <utility>

#include "booking_app/front_end/answer_mapping.h"
#include "booking_app/front_end/command_route.h"
#include "booking_app/front_end/routes.h"

namespace marquee::booking {
namespace {

/// The session stands in the path; the header may say the same.
net::task<net::http_response> close_session(net::http_exchange& exchange, front_end_context& context,
                                            command_form& form, const command_route& route) {
  const std::string component = context.options.component();
  const std::string id(exchange.path_parameter("id"));
  const std::string_view given = exchange.request.headers.get("X-Session-Id");
  if (!given.empty() && given != id)
    co_return net::to_response(bad_form(component, "X-Session-Id names another session than the path"));
  exchange.request.headers.set("X-Session-Id", id);
  auto command = form.read(exchange, route);
  if (!command) co_return net::to_response(command.error());
  const auto ended = co_await context.commands.submit(std::move(*command), exchange.client_gone_token());
  if (const auto* answer = std::get_if<submitted_answer>(&ended)) co_return to_response(*answer);
  co_return to_response(std::get<submission_failure>(ended), component, context.commands.under_way());
}

}  // namespace

void add_session_routes(net::http_router& router, front_end_context& context) {
  add_command_routes(router, context,
                     {{.method = "POST", .pattern = "/v1/sessions", .type = "session.open"}});
  const auto form = std::make_shared<command_form>(context.options.component());
  const auto route = std::make_shared<const command_route>(
      command_route{.method = "DELETE", .pattern = "/v1/sessions/{id}", .type = "session.close"});
  router.add(route->method, route->pattern, [&context, form, route](net::http_exchange& exchange) {
    return close_session(exchange, context, *form, *route);
  });
}

}  // namespace marquee::booking
