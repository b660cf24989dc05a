#include "booking_app/front_end/command_route.h"

#include <utility>

#include "booking_app/front_end/answer_mapping.h"
#include "booking_app/front_end/command_record.h"
#include "booking_app/front_end/request_body.h"
#include "net/json_body.h"

namespace marquee::booking {
namespace {

net::api_error too_large(const std::string& component) {
  return {.status = 413,
          .code = "PAYLOAD_TOO_LARGE",
          .message = "the command is longer than 64 KiB",
          .component = component};
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::optional<net::api_error> check_route_query(const net::http_request& request,
                                                const std::string& component, const command_route& route) {
  if (request.query.empty()) return std::nullopt;
  if (route.takes_seats) return check_query(request, component, {"seats"});
  if (!route.query_text.empty()) return check_query(request, component, {route.query_text});
  return check_query(request, component, {});
}

}  // namespace

form_result<command_draft> command_form::read(const net::http_exchange& exchange,
                                              const command_route& route) {
  const net::http_request& request = exchange.request;
  auto draft = read_command_fields(request, component_);
  if (!draft) return draft;
  if (auto wrong = check_route_query(request, component_, route)) return std::unexpected(std::move(*wrong));
  if (route.needs_session && !draft->session_id)
    return std::unexpected(bad_form(component_, "this needs a session: name yours in X-Session-Id"));
  draft->type = route.type;
  auto body = read_body(exchange, route);
  if (!body) return std::unexpected(std::move(body.error()));
  draft->body = std::move(*body);
  if (auto wrong = check(*draft)) return std::unexpected(std::move(*wrong));
  return draft;
}

std::optional<net::api_error> command_form::check(const command_draft& command) {
  // With a `reply_to` of the longest kind, so that all front ends refuse the same.
  const std::string text = record_text(command, "fe-16");
  if (text.size() > json_parser::longest_bytes) return too_large(component_);
  const auto decoded = decoder_.decode(as_bytes(text));
  if (const auto* bad = std::get_if<undecodable>(&decoded)) return bad_form(component_, bad->reason);
  return std::nullopt;
}

form_result<std::string> command_form::read_body(const net::http_exchange& exchange,
                                                 const command_route& route) const {
  const net::http_request& request = exchange.request;
  if (request.body.size() > json_parser::longest_bytes) return std::unexpected(too_large(component_));
  if (!request.body.empty())
    if (auto wrong = net::check_json_content_type(request, component_))
      return std::unexpected(std::move(*wrong));
  auto body = request_body::parse(request.body);
  if (!body) return std::unexpected(bad_form(component_, std::move(body.error())));
  for (const path_field& part : route.path)
    if (!body->add(part.field, exchange.path_parameter(part.parameter)))
      return std::unexpected(
          bad_form(component_, "'" + std::string(part.field) + "' stands in the path, not in the body"));
  if (const std::string* const seats = route.takes_seats ? request.query_value("seats") : nullptr)
    if (!body->add("seats", split_at_commas(*seats)))
      return std::unexpected(bad_form(component_, "'seats' stands in the body and in the query"));
  if (const std::string* const text =
          route.query_text.empty() ? nullptr : request.query_value(route.query_text))
    if (!body->add(route.query_text, *text))
      return std::unexpected(bad_form(
          component_, "'" + std::string(route.query_text) + "' stands in the body and in the query"));
  return body->text();
}

void add_command_routes(net::http_router& router, front_end_context& context,
                        std::vector<command_route> routes) {
  const auto form = std::make_shared<command_form>(context.options.component());
  for (command_route& one : routes) {
    const auto route = std::make_shared<const command_route>(std::move(one));
    router.add(route->method, route->pattern,
               [&context, form, route](net::http_exchange& exchange) -> net::task<net::http_response> {
                 auto command = form->read(exchange, *route);
                 if (!command) co_return net::to_response(command.error());
                 const auto ended =
                     co_await context.commands.submit(std::move(*command), exchange.client_gone_token());
                 if (const auto* answer = std::get_if<submitted_answer>(&ended))
                   co_return to_response(*answer);
                 co_return to_response(std::get<submission_failure>(ended), context.options.component(),
                                       context.commands.under_way());
               });
  }
}

}  // namespace marquee::booking
