#include "read_manager/request_forwarder.h"

#include <charconv>
#include <memory>
#include <stop_token>

#include "net/cluster_secret.h"
#include "net/event_loop.h"
#include "net/http_client.h"

namespace marquee::read_manager {

namespace {

/// What goes on to the owner, and what comes back: everything else is between a client and its own hop.
constexpr std::string_view request_headers[] = {"Content-Type", "Accept", net::principal_header};
constexpr std::string_view response_headers[] = {"Content-Type",  "Cache-Control", "Server-Timing",
                                                 "Retry-After",   "Allow",         delivery_header,
                                                 not_owner_header};

/// Ends the call when the owner has not confirmed in time, or when the client has gone.
struct watch {
  std::stop_source cancel;
  bool confirmed = false;
  bool finished = false;
};

}  // namespace

bool request_forwarder::was_forwarded(const net::http_request& request) const {
  return request.headers.has(forwarded_header) && secret_.signed_by_cluster(request);
}

net::http_request request_forwarder::prepare(const net::http_exchange& exchange, net::deadline end) const {
  net::http_request request;
  request.method = exchange.request.method;
  request.target = exchange.request.target;
  request.body = exchange.request.body;
  for (const std::string_view name : request_headers)
    if (const std::string* value = exchange.request.headers.find(name))
      request.headers.add(std::string(name), *value);
  // A principal is passed on only when it was believed here.
  if (!secret_.signed_by_cluster(exchange.request)) request.headers.remove(net::principal_header);
  request.headers.add("X-Request-Id", exchange.request_id);
  request.headers.add("X-Deadline-Ms", std::to_string(end.remaining_ms()));
  request.headers.add(std::string(forwarded_header), name_);
  secret_.sign(request);
  return request;
}

std::string to_string(const delivery_name& name) {
  return name.consumer_id + ":" + std::to_string(name.number) + "@" + name.owner;
}

std::optional<delivery_name> parse_delivery_name(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::size_t at = text.find('@', colon == std::string_view::npos ? 0 : colon);
  if (colon == std::string_view::npos || at == std::string_view::npos) return std::nullopt;
  delivery_name name{std::string(text.substr(0, colon)), 0, std::string(text.substr(at + 1))};
  const auto [end, problem] = std::from_chars(text.data() + colon + 1, text.data() + at, name.number);
  if (problem != std::errc{} || end != text.data() + at || name.number < 0) return std::nullopt;
  return name;
}

void request_forwarder::say_undelivered(std::string owner, const std::string& delivery) {
  const result<net::endpoint> where = net::parse_endpoint(owner);
  if (!where) return;
  net::http_request request;
  request.method = "POST";
  request.target = "/internal/undelivered?delivery=" + net::percent_encode(delivery);
  secret_.sign(request);
  loop_.spawn([&client = client_, to = *where, request = std::move(request)]() -> net::task<void> {
    // If it fails, the owner is gone: its successor begins at the committed position, which repeats them.
    (void)co_await client.send(to, request, {.timeout_ms = 1'000, .resend_if_stale = true});
  });
}

net::task<forward_outcome> request_forwarder::forward(net::http_exchange& exchange, std::string owner,
                                                      net::deadline end) {
  forward_outcome outcome;
  const result<net::endpoint> where = net::parse_endpoint(owner);
  if (!where) {
    outcome.attempt.refused_or_reset = true;  // nobody can be there
    co_return outcome;
  }
  const auto state = std::make_shared<watch>();
  loop_.post_after_ms(confirm_timeout_ms, [state] {
    if (!state->confirmed && !state->finished) state->cancel.request_stop();
  });
  const std::stop_callback on_client_gone(exchange.client_gone_token(),
                                          [source = state->cancel]() mutable { source.request_stop(); });
  net::http_call_options options;
  options.timeout_ms = end.remaining_ms();
  options.end = end;
  options.cancel = state->cancel.get_token();
  options.on_interim = [state](int status) { state->confirmed = state->confirmed || status == 102; };
  net::http_outcome sent = co_await client_.send(*where, prepare(exchange, end), options);
  state->finished = true;

  outcome.attempt.confirmed = state->confirmed;
  outcome.attempt.refused_or_reset = sent.refused_or_reset;
  outcome.client_gone = exchange.client_gone();
  if (!sent.response) co_return outcome;
  outcome.attempt.answered = true;
  outcome.not_owner = sent.response->headers.has(not_owner_header);
  net::http_response answer;
  answer.status = sent.response->status;
  answer.body = std::move(sent.response->body);
  for (const std::string_view name : response_headers)
    if (const std::string* value = sent.response->headers.find(name))
      answer.headers.add(std::string(name), *value);
  if (const std::string* delivery = answer.headers.find(delivery_header))
    answer.on_written = [this, owner, delivery = *delivery](bool written) {
      if (!written) say_undelivered(owner, delivery);
    };
  outcome.response = std::move(answer);
  co_return outcome;
}

}  // namespace marquee::read_manager
