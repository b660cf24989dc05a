#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "net/json_body.h"
#include "read_manager/api_errors.h"
#include "read_manager/handlers.h"
#include "read_manager/message_json.h"

namespace marquee::read_manager {

namespace {

constexpr std::int64_t greatest_wait_ms = 30'000;
constexpr std::int64_t greatest_count = 10'000;
constexpr std::int64_t greatest_poll = (std::int64_t{1} << 53) - 1;
/// How long an answer that has something waits for more that is known to be there.
constexpr std::int64_t fill_ms = 100;
/// How long an answer waits for the commit of what was delivered before it.
constexpr std::int64_t commit_wait_ms = 1'000;
/// How long a manager that stops looks once more before it sends a long poll elsewhere.
constexpr std::int64_t hurry_ms = 1'000;
/// A long poll that would be shorter than this is not worth its connection.
constexpr std::int64_t least_long_poll_ms = 20;
/// Partitions that did not answer for so long are looked at in the background, so that none starves behind a
/// full buffer.
constexpr std::int64_t stale_us = 100'000;

struct consume_call {
  std::string topic;
  std::string consumer_id;
  std::int64_t wait_ms = 0;
  consume_request request;
  /// The sender's name for this try; empty if there is none or `poll` says what is lost.
  std::string attempt;
  std::vector<std::string> lost_attempts;
};

/// As lost_attempts_header lists them.
std::vector<std::string> read_lost_attempts(std::string_view list) {
  std::vector<std::string> attempts;
  while (!list.empty() && attempts.size() < owned_consumer::most_abandoned) {
    const std::size_t comma = list.find(',');
    attempts.emplace_back(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return attempts;
}

std::expected<consume_call, net::api_error> read_call(services& all, net::http_exchange& exchange) {
  const bool from_query = exchange.request.method == "GET" || exchange.request.method == "HEAD";
  if (!from_query)
    if (auto problem = net::check_json_content_type(exchange.request, all.component))
      return std::unexpected(*problem);
  net::json_body body = from_query ? net::json_body::from_query(exchange.request)
                                   : net::json_body::parse(exchange.request.body);
  consume_call call;
  call.topic = body.text("topic");
  call.consumer_id = body.text("consumer_id");
  call.request.max_records = static_cast<std::size_t>(body.integer_or("max", 1, 1, greatest_count));
  const std::int64_t max_bytes = body.integer_or("max_bytes", all.options.default_max_bytes, 0, INT64_MAX);
  call.request.max_bytes = static_cast<std::size_t>(std::min(max_bytes, all.options.greatest_max_bytes));
  call.wait_ms = std::min(body.integer_or("wait_ms", 0, 0, INT64_MAX), greatest_wait_ms);
  const std::string mode = body.optional_text("commit").value_or("auto");
  if (mode != "auto" && mode != "manual") body.refuse("commit", "'commit' must be \"auto\" or \"manual\"");
  call.request.mode = mode == "manual" ? commit_mode::manual : commit_mode::automatic;
  call.request.poll = body.optional_integer("poll", -greatest_poll, greatest_poll);
  if (auto problem = body.finish()) return std::unexpected(net::bad_request(all.component, *problem));
  if (!call.request.poll) {
    call.attempt = exchange.request.headers.get(attempt_header);
    call.lost_attempts = read_lost_attempts(exchange.request.headers.get(lost_attempts_header));
  }
  return call;
}

/// Why `gather` ended.
enum class gathered : std::uint8_t { ready, lost, stopped, no_answer, nobody_waits };

/// Nobody gets the answer, and no number says how to repeat it: it must not deliver anything.
bool is_abandoned(const net::http_exchange& exchange, const owned_consumer& consumer,
                  const consume_call& call) {
  if (call.request.poll) return false;
  return exchange.client_gone() || consumer.is_abandoned(call.attempt);
}

/// Waits until there is something to deliver, or until it is certain that there is nothing for as long as the
/// consumer waits. "Nothing" is said only after every partition's leader has answered since the request came.
net::task<gathered> gather(services& all, net::http_exchange& exchange, consumer_pointer consumer,
                           const consume_call& call, net::deadline hard_end) {
  const std::size_t limit =
      std::max(static_cast<std::size_t>(all.options.read_ahead_bytes), call.request.max_bytes);
  const std::size_t quick_limit =
      call.request.max_records > 100 ? limit : static_cast<std::size_t>(all.options.read_ahead_bytes);
  const std::int64_t began_us = all.time.monotonic_us();
  const net::deadline wait_end = net::deadline::in_ms(call.wait_ms);
  const net::deadline fill_end = net::deadline::in_ms(fill_ms);
  net::deadline hurry_end = net::deadline::never();
  consumer->in_a_hurry = false;
  for (;;) {
    const std::uint64_t seen = consumer->changed.generation();
    const consumer_session& session = consumer->session;
    if (consumer->lost) co_return gathered::lost;
    const bool something = session.available() > 0;
    const bool want_more = session.starved(call.request.max_records, call.request.max_bytes) ||
                           (session.available() < call.request.max_records && session.more_known() &&
                            session.buffered_bytes() < call.request.max_bytes);
    if (something && (!want_more || fill_end.passed())) co_return gathered::ready;
    const bool certain = consumer->answered_since(began_us);
    if (is_abandoned(exchange, *consumer, call)) co_return gathered::nobody_waits;
    if (exchange.client_gone()) co_return gathered::stopped;
    const bool hurried = exchange.stopping() || consumer->in_a_hurry;
    if (hurried && hurry_end.is_never()) hurry_end = net::deadline::in_ms(hurry_ms);
    const bool waited = hurried || wait_end.passed();
    if (waited && (something ? hurried : certain)) co_return gathered::ready;
    if (exchange.stopping() && hurry_end.passed()) co_return gathered::no_answer;
    if (hard_end.passed()) co_return something || certain ? gathered::ready : gathered::no_answer;

    if (!something && !waited && wait_end.remaining_ms() >= least_long_poll_ms) {
      all.fetcher.start_long_polls(consumer, quick_limit, wait_end.remaining_ms());
      all.fetcher.start_quick(consumer, quick_limit);
    } else {
      all.fetcher.start_quick(consumer, quick_limit, something ? 0 : began_us);
    }
    net::deadline next = something ? fill_end : hard_end;
    if (!something && !waited) next = next.earlier_of(wait_end);
    if (exchange.stopping()) next = next.earlier_of(hurry_end);
    (void)co_await consumer->changed.wait(seen, next, exchange.client_gone_token());
  }
}

void look_at_stale_partitions(services& all, const consumer_pointer& consumer) {
  if (!consumer->answered_since(all.time.monotonic_us() - stale_us))
    all.fetcher.start_quick(consumer, static_cast<std::size_t>(all.options.read_ahead_bytes),
                            all.time.monotonic_us() - stale_us);
}

/// The answer. An unnumbered one that cannot be written is undone; until that is known no other request gets
/// its turn.
net::http_response answer_with(services& all, net::http_exchange& exchange, const consumer_pointer& consumer,
                               const delivery& what, const consumer_turn& turn, const consume_call& call) {
  std::uint64_t size = 0;
  for (const delivered_record& item : what.records) size += item.record.payload_size();
  all.messages_consumed.add(what.records.size());
  all.bytes_consumed.add(size);
  net::http_response response = net::json_response(consume_answer(what));
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Server-Timing",
                       "manager;dur=" + std::to_string(static_cast<double>(exchange.elapsed_us()) / 1000.0));
  consumer->answered_attempt = call.attempt;
  response.next_request_confirms = !call.attempt.empty();  // our own processes do not pipeline
  response.on_written = [consumer, turn, id = what.id](bool written) {
    if (!written) consumer->session.undo(id);
  };
  return response;
}

net::task<std::optional<net::http_response>> consume_here(services& all, net::http_exchange& exchange,
                                                          consumer_pointer consumer, const consume_call& call,
                                                          net::deadline hard_end) {
  const std::optional<consumer_turn> turn = co_await consumer_turn::take(consumer, hard_end);
  if (!turn && consumer->lost) co_return std::nullopt;
  if (!turn) co_return consumer_turn::busy(all);
  note_use(all, *consumer);
  // Whoever was answered on behalf of one that is lost: this request must not count as its receipt.
  for (const std::string& lost : call.lost_attempts) consumer->give_up(lost);
  if (is_abandoned(exchange, *consumer, call)) co_return net::http_response{.status = 499};
  switch (consumer->session.classify(call.request.poll)) {
    case poll_kind::too_old:
      co_return to_response(poll_too_old(all.component, *call.request.poll));
    case poll_kind::repeat:
      if (consumer->session.last_answer_forgotten()) {
        consumer->session.go_back_to_last_answer();
        break;
      }
      co_return answer_with(all, exchange, consumer, consumer->session.last_delivery(), *turn, call);
    case poll_kind::next:
      break;
  }
  const std::uint64_t ticket = all.committer.begin(consumer, consumer->session.begin());
  if (exchange.stopping()) {
    // What this request confirms is committed first, so that its next owner repeats nothing.
    co_await consumer_committer::written(consumer, ticket,
                                         hard_end.earlier_of(net::deadline::in_ms(commit_wait_ms)));
    all.router.let_go(consumer);
    co_return released(all.component);
  }
  switch (co_await gather(all, exchange, consumer, call, hard_end)) {
    case gathered::lost:
      co_return std::nullopt;
    case gathered::no_answer:
      co_return to_response(
          brokers_unavailable(all.component, consumer->problem(), net::api_outcome::definite));
    case gathered::nobody_waits:
      co_return net::http_response{.status = 499};
    case gathered::stopped:
    case gathered::ready:
      break;
  }
  // The commit went on meanwhile. When brokers cannot write positions now, reading still goes on.
  co_await consumer_committer::written(consumer, ticket,
                                       hard_end.earlier_of(net::deadline::in_ms(commit_wait_ms)));
  // A long poll may have outlived the ownership.
  if (!co_await all.router.still_owned(consumer, hard_end)) co_return std::nullopt;
  if (is_abandoned(exchange, *consumer, call)) co_return net::http_response{.status = 499};
  const delivery& what = consumer->session.take(call.request);
  look_at_stale_partitions(all, consumer);
  co_return answer_with(all, exchange, consumer, what, *turn, call);
}

}  // namespace

net::task<net::http_response> handle_consume(services& all, net::http_exchange& exchange) {
  const auto call = read_call(all, exchange);
  if (!call) co_return to_response(call.error());
  const net::deadline end = services::end_of(exchange, call->wait_ms + all.options.consume_patience_ms);
  const auto work = [&](consumer_pointer consumer) {
    return consume_here(all, exchange, std::move(consumer), *call, end);
  };
  co_return co_await serve_owned(
      all, exchange, {call->consumer_id, call->topic}, end, work,
      brokers_unavailable(all.component, "no manager could serve the consumer in time",
                          net::api_outcome::definite));
}

}  // namespace marquee::read_manager
