#include "read_manager/request_forwarder.h"

#include <fmt/core.h>

#include <memory>
#include <stop_token>

#include "net/cluster_secret.h"
#include "net/event_loop.h"
#include "net/http_client.h"

namespace marquee::read_manager {

namespace {

/// What goes on to the owner, and what comes back: everything else is between a client and its own hop.
constexpr std::string_view request_headers[] = {"Content-Type", "Accept", net::principal_header,
                                                lost_attempts_header};
constexpr std::string_view response_headers[] = {"Content-Type", "Cache-Control", "Server-Timing",
                                                 "Retry-After",  "Allow",         not_owner_header};

/// What was read late because this process stood still itself has been read after this.
constexpr std::int64_t second_look_ms = 50;

/// Ends the call when the owner does not say for a while that it works on it, or when the client has gone.
struct watch {
  std::stop_source cancel;
  net::deadline silent_from = net::deadline::in_ms(request_forwarder::confirm_timeout_ms);
  bool confirmed = false;
  bool suspected = false;
  bool finished = false;

  void on_sign() {
    confirmed = true;
    suspected = false;
    silent_from = net::deadline::in_ms(request_forwarder::confirm_timeout_ms);
  }
};

/// Taken out also when the coroutine is destroyed.
class consume_under_way {
 public:
  using table = std::multimap<std::string, std::string>;
  consume_under_way(table& in, bool is_consume, const std::string& id, const std::string& owner)
      : in_(in), place_(is_consume ? in.emplace(id, owner) : in.end()) {}
  consume_under_way(const consume_under_way&) = delete;
  consume_under_way& operator=(const consume_under_way&) = delete;
  ~consume_under_way() {
    if (place_ != in_.end()) in_.erase(place_);
  }

 private:
  table& in_;
  table::iterator place_;
};

void watch_silence(net::event_loop& loop, const std::shared_ptr<watch>& state) {
  const std::int64_t next_ms = state->suspected ? second_look_ms : state->silent_from.remaining_ms();
  loop.post_after_ms(next_ms, [&loop, state] {
    if (state->finished) return;
    if (state->suspected) {
      state->confirmed = false;
      state->cancel.request_stop();
      return;
    }
    state->suspected = state->silent_from.passed();
    watch_silence(loop, state);
  });
}

}  // namespace

bool request_forwarder::was_forwarded(const net::http_request& request) const {
  return request.headers.has(forwarded_header) && secret_.signed_by_cluster(request);
}

std::int64_t request_forwarder::patience_ms(const net::http_request& request, std::string_view owner) const {
  std::string_view list = request.headers.get(silent_managers_header);
  if (list.empty() || !secret_.signed_by_cluster(request)) return confirm_timeout_ms;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (list.substr(0, comma) == owner) return silent_timeout_ms;
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return confirm_timeout_ms;
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

net::task<net::http_outcome> request_forwarder::tell(net::endpoint owner, std::string target,
                                                     std::int64_t patience_ms) {
  net::http_request request;
  request.method = "POST";
  request.target = std::move(target);
  request.headers.add(std::string(forwarded_header), name_);
  secret_.sign(request);
  co_return co_await client_.send(std::move(owner), std::move(request),
                                  {.timeout_ms = patience_ms, .resend_if_stale = true});
}

net::task<bool> request_forwarder::say_undelivered(std::string owner, std::string consumer_id,
                                                   std::string attempt, std::int64_t patience_ms) {
  const result<net::endpoint> where = net::parse_endpoint(owner);
  if (!where) co_return true;
  const net::http_outcome told =
      co_await tell(*where,
                    "/internal/undelivered?consumer_id=" + net::percent_encode(consumer_id) +
                        "&attempt=" + net::percent_encode(attempt),
                    patience_ms);
  // If it is gone, its successor begins at the committed position, which repeats everything.
  co_return told.refused_or_reset || (told.response && told.response->status == 200);
}

net::task<> request_forwarder::say_release(std::string owner, std::string consumer_id) {
  if (const result<net::endpoint> where = net::parse_endpoint(owner))
    (void)co_await tell(*where, "/internal/release?consumer_id=" + net::percent_encode(consumer_id));
}

void request_forwarder::begin_to_say_release(std::string owner, std::string consumer_id) {
  loop_.spawn(
      [this, owner = std::move(owner), id = std::move(consumer_id)] { return say_release(owner, id); });
}

void request_forwarder::begin_to_say_answer_now(std::string owner, std::string consumer_id) {
  loop_.spawn([this, owner = std::move(owner), id = std::move(consumer_id)]() -> net::task<void> {
    if (const result<net::endpoint> where = net::parse_endpoint(owner))
      (void)co_await tell(*where, "/internal/answer-now?consumer_id=" + net::percent_encode(id));
  });
}

void request_forwarder::hurry() {
  for (const auto& [id, owner] : under_way_) begin_to_say_answer_now(owner, id);
}

void request_forwarder::hurry(const std::string& consumer_id) {
  const auto [first, last] = under_way_.equal_range(consumer_id);
  for (auto each = first; each != last; ++each) begin_to_say_answer_now(each->second, consumer_id);
}

void request_forwarder::begin_to_say_undelivered(std::string owner, std::string consumer_id,
                                                 std::string attempt) {
  loop_.spawn([this, owner = std::move(owner), id = std::move(consumer_id),
               attempt = std::move(attempt)]() -> net::task<void> {
    (void)co_await say_undelivered(owner, id, attempt, confirm_timeout_ms);
  });
}

net::task<forward_outcome> request_forwarder::forward(net::http_exchange& exchange, std::string owner,
                                                      std::string consumer_id, net::deadline end) {
  forward_outcome outcome;
  const result<net::endpoint> where = net::parse_endpoint(owner);
  if (!where) {
    outcome.attempt.refused_or_reset = true;  // nobody can be there
    co_return outcome;
  }
  const auto state = std::make_shared<watch>();
  state->silent_from = net::deadline::in_ms(patience_ms(exchange.request, owner));
  watch_silence(loop_, state);
  const std::stop_callback on_client_gone(exchange.client_gone_token(),
                                          [source = state->cancel]() mutable { source.request_stop(); });
  net::http_call_options options;
  options.timeout_ms = end.remaining_ms();
  options.end = end;
  options.cancel = state->cancel.get_token();
  options.on_interim = [state](int status) {
    if (status == 102) state->on_sign();
  };
  net::http_request request = prepare(exchange, end);
  const bool is_consume = exchange.request.path == "/consumer/consume";
  std::string attempt(exchange.request.headers.get(attempt_header));
  if (attempt.empty()) attempt = fmt::format("{:016x}", random_.next());
  if (is_consume) request.headers.add(std::string(attempt_header), attempt);
  net::http_outcome sent;
  {
    const consume_under_way noted(under_way_, is_consume, consumer_id, owner);
    sent = co_await client_.send(*where, std::move(request), options);
  }
  state->finished = true;
  if (is_consume && !sent.response && sent.sent_any_byte)
    begin_to_say_undelivered(owner, consumer_id, attempt);

  outcome.attempt.confirmed = state->confirmed;
  outcome.attempt.refused_or_reset = sent.refused_or_reset;
  outcome.client_gone = exchange.client_gone();
  if (!sent.response) co_return outcome;
  outcome.attempt.answered = true;
  outcome.not_owner = sent.response->headers.has(not_owner_header);
  outcome.released = sent.response->headers.has(released_header);
  net::http_response answer;
  answer.status = sent.response->status;
  answer.body = std::move(sent.response->body);
  for (const std::string_view name : response_headers)
    if (const std::string* value = sent.response->headers.find(name))
      answer.headers.add(std::string(name), *value);
  if (is_consume && answer.status == 200)
    answer.on_written = [this, owner, consumer_id, attempt](bool written) {
      if (!written) begin_to_say_undelivered(owner, consumer_id, attempt);
    };
  answer.next_request_confirms = exchange.request.headers.has(attempt_header);
  outcome.response = std::move(answer);
  co_return outcome;
}

}  // namespace marquee::read_manager
