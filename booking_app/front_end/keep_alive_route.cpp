#include <algorithm>
#include <utility>

#include "booking_app/front_end/answer_mapping.h"
#include "booking_app/front_end/keep_alive_batch.h"
#include "booking_app/front_end/request_body.h"
#include "booking_app/front_end/request_fields.h"
#include "booking_app/front_end/routes.h"
#include "booking_app/front_end/session_events.h"
#include "booking_app/machine/entity_id.h"
#include "booking_app/machine/json_writer.h"

namespace marquee::booking {
namespace {

constexpr std::int64_t longest_wait_ms = 30'000;
/// A session that was opened at another front end a moment ago may not be known here yet.
constexpr std::int64_t newness_ms = 2'000;

struct asked_keep_alive {
  std::string client;
  std::int64_t session = -1;
  std::string id;
  bool waits = false;
};

form_result<asked_keep_alive> read_request(const net::http_exchange& exchange, const std::string& component) {
  asked_keep_alive asked;
  auto client = read_client_id(exchange.request, component);
  if (!client) return std::unexpected(std::move(client.error()));
  asked.client = std::move(*client);
  if (auto wrong = check_query(exchange.request, component, {"wait"}))
    return std::unexpected(std::move(*wrong));
  if (const std::string* const wait = exchange.request.query_value("wait")) {
    if (*wait != "true" && *wait != "false")
      return std::unexpected(bad_form(component, "'wait' must be true or false"));
    asked.waits = *wait == "true";
  }
  const auto body = request_body::parse(exchange.request.body);
  if (!body) return std::unexpected(bad_form(component, body.error()));
  if (body->text() != "{}") return std::unexpected(bad_form(component, "a keep-alive has no fields"));
  asked.id = exchange.path_parameter("id");
  asked.session = parse_session(asked.id).value_or(-1);
  return asked;
}

class keep_alive_handler {
 public:
  keep_alive_handler(front_end_context& context, keep_alive_batch& batch, session_events& events)
      : context_(context), batch_(batch), events_(events) {}

  net::task<net::http_response> handle(net::http_exchange& exchange) {
    const std::string component = context_.options.component();
    const auto asked = read_request(exchange, component);
    if (!asked) co_return net::to_response(asked.error());
    const std::stop_token gone = exchange.client_gone_token();
    if (asked->session > context_.observed.applied())
      (void)co_await context_.observed.wait_until_applied(asked->session, net::deadline::in_ms(newness_ms),
                                                          gone);
    if (auto refused = refusal(*asked)) co_return std::move(*refused);
    events_.listen(asked->session, asked->client);
    const auto touched = co_await batch_.touch(asked->id, gone);
    if (touched.failure) co_return to_response(*touched.failure, component, context_.commands.under_way());
    if (!co_await context_.observed.wait_until_applied(
            touched.offset, net::deadline::in_ms(context_.options.give_up_ms), gone))
      co_return to_response(submission_failure::timed_out, component, 0);
    if (asked->waits && !touched.unknown) co_await wait_for_event(*asked, exchange);
    if (auto refused = refusal(*asked)) co_return std::move(*refused);
    co_return answer(*asked);
  }

 private:
  const session* find(const asked_keep_alive& asked) const {
    return context_.observed.state().sessions.find(asked.session);
  }

  std::optional<net::http_response> refusal(const asked_keep_alive& asked) const {
    const std::string component = context_.options.component();
    if (asked.session < 0 || asked.session > context_.observed.applied())
      return refuse(component, "NO_SUCH_SESSION", "there is no session " + asked.id);
    const session* const found = find(asked);
    if (found == nullptr)
      return refuse(component, "SESSION_EXPIRED", "the session " + asked.id + " has ended");
    if (found->client != asked.client)
      return refuse(component, "NOT_OWNER", "the session " + asked.id + " is another client's");
    return std::nullopt;
  }

  net::task<> wait_for_event(const asked_keep_alive& asked, net::http_exchange& exchange) {
    const session* const found = find(asked);
    if (found == nullptr) co_return;
    const net::deadline end = net::deadline::in_ms(std::min(found->lease_ms / 3, longest_wait_ms));
    for (;;) {
      const net::wake_point changed = events_.changed(asked.session);
      const std::uint64_t seen = changed.generation();
      if (exchange.stopping() || events_.has_events(asked.session) || find(asked) == nullptr) co_return;
      if (co_await changed.wait(seen, end, exchange.client_gone_token()) != net::wake_reason::woken)
        co_return;
    }
  }

  net::http_response answer(const asked_keep_alive& asked) {
    const session& live = *find(asked);
    json_writer out;
    out.open_object().name("events").open_array();
    for (const std::string& event : events_.take(asked.session)) out.raw(event);
    out.close_array().field("lease_ms", live.lease_ms).field("offset", context_.observed.applied());
    out.field("outcome", "done").field("session_id", asked.id);
    out.field("state", live.state == session_state::active ? "ACTIVE" : "JEOPARDY");
    out.field("status", "success").close_object();
    net::http_response response = net::json_response(out.take());
    response.headers.add("X-Offset", std::to_string(context_.observed.applied()));
    return response;
  }

  front_end_context& context_;
  keep_alive_batch& batch_;
  session_events& events_;
};

}  // namespace

void add_keep_alive_route(net::http_router& router, front_end_context& context, keep_alive_batch& batch,
                          session_events& events) {
  const auto handler = std::make_shared<keep_alive_handler>(context, batch, events);
  router.add("POST", "/v1/sessions/{id}/keepalive",
             [handler](net::http_exchange& exchange) { return handler->handle(exchange); });
}

}  // namespace marquee::booking
