#include <algorithm>
#include <utility>

#include "booking_app/front_end/answer_mapping.h"
#include "booking_app/front_end/command_route.h"
#include "booking_app/front_end/routes.h"

namespace marquee::booking {
namespace {

constexpr std::int64_t longest_wait_ms = 30'000;

command_route lock_command(std::string verb) {
  return {.method = "POST",
          .pattern = "/v1/locks/{name}/" + verb,
          .type = "lock." + verb,
          .path = {{"name", "name"}},
          .needs_session = true};
}

/// Holds the request until the lock is granted, or `?wait_ms=` is over: the place in the queue stays, and the
/// same key asks again.
net::task<net::http_response> acquire(net::http_exchange& exchange, front_end_context& context,
                                      command_form& form, const command_route& route) {
  const std::string component = context.options.component();
  if (auto wrong = check_query(exchange.request, component, {"wait_ms"})) co_return net::to_response(*wrong);
  const auto wait_ms = read_query_integer(exchange.request, component, "wait_ms", 0, longest_wait_ms);
  if (!wait_ms) co_return net::to_response(wait_ms.error());
  std::erase_if(exchange.request.query, [](const auto& field) { return field.first == "wait_ms"; });
  auto command = form.read(exchange, route);
  if (!command) co_return net::to_response(command.error());
  const auto ended = co_await context.commands.submit_and_wait(
      std::move(*command), wait_ms->value_or(longest_wait_ms), exchange.client_gone_token());
  if (const auto* answer = std::get_if<submitted_answer>(&ended)) co_return to_response(*answer);
  co_return to_response(std::get<submission_failure>(ended), component, context.commands.under_way());
}

}  // namespace

void add_lock_routes(net::http_router& router, front_end_context& context) {
  std::vector<command_route> routes;
  for (const char* verb : {"renew", "append", "release", "break"}) routes.push_back(lock_command(verb));
  add_command_routes(router, context, std::move(routes));

  const auto form = std::make_shared<command_form>(context.options.component());
  const auto route = std::make_shared<const command_route>(lock_command("acquire"));
  router.add(route->method, route->pattern, [&context, form, route](net::http_exchange& exchange) {
    return acquire(exchange, context, *form, *route);
  });
}

}  // namespace marquee::booking
