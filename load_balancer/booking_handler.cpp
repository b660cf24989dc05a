#include "load_balancer/booking_handler.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "base/logging.h"
#include "load_balancer/forward_handler.h"
#include "load_balancer/forwarded_message.h"
#include "load_balancer/retry_policy.h"
#include "net/api_error.h"
#include "net/event_loop.h"
#include "net/http_answer_body.h"
#include "net/http_body_source.h"

namespace marquee::load_balancer {
namespace {

/// What is left for our own answer when a front end uses its time up.
constexpr std::int64_t own_share_ms = 250;
constexpr std::int64_t pause_before_same_front_end_ms = 50;
constexpr std::int64_t least_attempt_ms = 500;
/// A front end that refuses after so long has tried for itself.
constexpr std::int64_t long_try_us = 5'000'000;
/// Larger answers go through piece by piece, whether or not their length is known.
constexpr std::uint64_t most_whole_bytes = 4 * 1024 * 1024;
/// When this process stops: what is no long poll is answered by then.
constexpr std::int64_t long_poll_ends_after_ms = 1'000;

constexpr std::string_view request_fields[] = {
    "Content-Type", "Accept",      "User-Agent", "X-Client-Id",   "X-Session-Id", "Idempotency-Key",
    "X-Client-Seq", "X-Ack-Below", "X-Lock",     "Last-Event-ID", "If-None-Match"};
constexpr std::string_view answer_fields[] = {
    "Content-Type",           "Retry-After",    "Allow",
    "Cache-Control",          "X-Offset",       "ETag",
    "Idempotency-Replayed",   "X-State-Age-Ms", "Content-Security-Policy",
    "X-Content-Type-Options", "Referrer-Policy"};

std::int64_t since_us(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start)
      .count();
}

bool is_read_whole(const net::http_request& request, const net::http_response& answer) {
  if (request.method == "HEAD" || answer.status == 204 || answer.status == 304) return true;
  const std::string_view length = answer.headers.get("Content-Length");
  std::uint64_t bytes = 0;
  const auto [stopped, problem] = std::from_chars(length.data(), length.data() + length.size(), bytes);
  return problem == std::errc() && bytes <= most_whole_bytes;
}

/// Reads the body into the response.
net::task<> read_whole(net::http_outcome& outcome, net::deadline end) {
  for (;;) {
    result<std::optional<std::string>> piece = co_await outcome.body->next(end);
    if (!piece) outcome.response = fail(piece);
    if (!piece || !*piece) break;
    outcome.response->body += **piece;
  }
  outcome.body.reset();
}

}  // namespace

class booking_handler::call_under_way {
 public:
  call_under_way(std::shared_ptr<booking_handler> owner, net::endpoint http)
      : owner_(std::move(owner)), http_(std::move(http)) {
    place_ = owner_->under_way_.insert(owner_->under_way_.end(), this);
    owner_->table_.request_began(http_);
    owner_->metrics_
        .counter("marquee_load_balancer_requests_total", "Requests sent to a manager, by its address.",
                 {{"manager", net::to_string(http_)}})
        .add();
  }
  call_under_way(const call_under_way&) = delete;
  call_under_way& operator=(const call_under_way&) = delete;
  ~call_under_way() {
    owner_->under_way_.erase(place_);
    owner_->table_.request_ended(http_);
  }

  [[nodiscard]] const net::endpoint& http() const { return http_; }
  std::stop_source cancel;
  bool may_be_taken_back = false;

 private:
  const std::shared_ptr<booking_handler> owner_;
  const net::endpoint http_;
  std::list<call_under_way*>::iterator place_;
};

/// The body of a front end's answer as the body of ours.
class booking_handler::relayed_body final : public net::http_body_source {
 public:
  relayed_body(std::shared_ptr<net::http_answer_body> from, std::shared_ptr<call_under_way> call,
               std::int64_t silence_ms, metric_gauge& streams)
      : call_(std::move(call)), from_(std::move(from)), silence_ms_(silence_ms), streams_(streams) {
    streams_.add(1);
  }
  ~relayed_body() override { streams_.add(-1); }

  net::task<std::optional<std::string>> next(std::stop_token ended) override {
    const auto cut = [this] { call_->cancel.request_stop(); };
    const std::stop_callback watch(ended, cut);
    auto piece = co_await from_->next(net::deadline::in_ms(silence_ms_));
    if (piece) co_return std::move(*piece);
    if (ended.stop_requested()) co_return std::nullopt;
    throw net::body_broken_off("the front end at " + net::to_string(call_->http()) + ": " +
                               piece.error().message);
  }

 private:
  const std::shared_ptr<call_under_way> call_;
  const std::shared_ptr<net::http_answer_body> from_;
  const std::int64_t silence_ms_;
  metric_gauge& streams_;
};

booking_handler::booking_handler(net::event_loop& loop, manager_table& table,
                                 const load_balancer_options& options, const net::cluster_secret& secret,
                                 metrics_registry& metrics)
    : loop_(loop),
      table_(table),
      options_(options),
      secret_(secret),
      component_(options.process.component()),
      client_(std::make_unique<net::http_client>(
          loop, net::http_client_options{.max_connections_per_endpoint = options.connections_per_manager,
                                         .max_waiting_per_endpoint = options.waiting_per_manager})),
      metrics_(metrics),
      retries_(
          metrics.counter("marquee_load_balancer_retries_total", "Requests sent to a manager once more.")),
      failures_(metrics.counter("marquee_load_balancer_failures_total",
                                "Requests that no manager answered, for whatever reason.")),
      streams_(metrics.gauge("marquee_load_balancer_booking_streams",
                             "Answers of booking front ends that are passed on piece by piece now.")) {
  metric_gauge& healthy = metrics.gauge("marquee_load_balancer_booking_front_ends_healthy",
                                        "Booking front ends that answer their health check.");
  // On this loop, like the table: it is the one that serves GET /metrics.
  metrics.before_text([&healthy, &table] {
    healthy.set(std::ranges::count_if(table.all(), [](const manager& each) {
      return each.role == manager_role::booking_front_end && each.health == manager_health::healthy;
    }));
  });
}

net::task<net::http_response> booking_handler::handle(net::http_exchange& exchange, booking_route route) {
  const auto self = shared_from_this();
  if (route.what == booking_route::kind::redirect) {
    net::http_response moved{.status = 308};
    moved.headers.add("Location", route.target);
    co_return moved;
  }
  if (route.what != booking_route::kind::forward)
    co_return net::to_response({.status = 404,
                                .code = "NOT_FOUND",
                                .message = "there is nothing at this path",
                                .component = component_});
  net::http_request request = forwarded_request(exchange, route.target, request_fields, secret_);
  const net::deadline end =
      exchange.request_deadline.earlier_of(net::deadline::in_ms(options_.booking_timeout_ms));
  std::vector<net::endpoint> tried;
  bool taken_back = false;
  for (int attempts = 1;; ++attempts) {
    const bool was_tried = !tried.empty();
    const std::optional<manager> target = choose(route, tried);
    if (!target) {
      failures_.add();
      co_return net::to_response(net::unavailable(component_, "NO_FRONT_END",
                                                  "this load balancer knows no booking front end: set "
                                                  "load_balancer.booking_front_ends"));
    }
    // `choose` begins anew when every front end had its turn: those need a moment.
    if (was_tried && tried.size() == 1) co_await net::sleep_ms(pause_before_same_front_end_ms);
    attempt_result last =
        co_await attempt(exchange, *target, request, end, !taken_back && route.resend == resend_safety::safe);
    const net::http_outcome& outcome = last.outcome;
    taken_back |= !outcome.response && outcome.response.error().code == error_code::cancelled;
    const attempt_facts facts{
        .resend = route.resend,
        .sent_any_byte = outcome.sent_any_byte,
        .verdict = outcome.response ? verdict_of(*outcome.response) : answer_verdict::none,
        .client_gone = exchange.client_gone() || ending_,
        .time_is_up = end.remaining_ms() < least_attempt_ms,
        .tried_long = last.upstream_us > long_try_us,
        .attempts = attempts,
        .max_attempts = static_cast<int>(options_.max_attempts)};
    if (outcome.body || decide_retry(facts) == retry_decision::pass_on)
      co_return answer_for_client(exchange, std::move(last));
    retries_.add();
  }
}

std::optional<manager> booking_handler::choose(const booking_route& route,
                                               std::vector<net::endpoint>& tried) {
  constexpr manager_role role = manager_role::booking_front_end;
  const auto pick = [&] {
    return route.client_id.empty() ? table_.least_outstanding(role, tried)
                                   : table_.by_hash(role, route.client_id, tried);
  };
  std::optional<manager> chosen = pick();
  if (!chosen && !tried.empty()) {
    tried.clear();
    chosen = pick();
  }
  if (chosen) tried.push_back(chosen->http);
  return chosen;
}

net::task<booking_handler::attempt_result> booking_handler::attempt(const net::http_exchange& exchange,
                                                                    manager target,
                                                                    net::http_request& request,
                                                                    net::deadline end,
                                                                    bool may_be_taken_back) {
  attempt_result done{.target = target,
                      .outcome = {.response = fail(error_code::cancelled, "the process stops")},
                      .call = nullptr};
  if (!client_) co_return done;
  const std::int64_t left_ms = end.remaining_ms();
  request.headers.set("X-Deadline-Ms", std::to_string(std::max<std::int64_t>(1, left_ms - own_share_ms)));
  const auto call = std::make_shared<call_under_way>(shared_from_this(), target.http);
  call->may_be_taken_back = may_be_taken_back;
  const auto pass_on = [cancel = call->cancel]() mutable { cancel.request_stop(); };
  const std::stop_callback watch(exchange.client_gone_token(), pass_on);
  const auto start = std::chrono::steady_clock::now();
  done.outcome = co_await client_->open(
      target.http, request, {.timeout_ms = left_ms, .end = end, .cancel = call->cancel.get_token()});
  if (done.outcome.body && is_read_whole(request, *done.outcome.response))
    co_await read_whole(done.outcome, end);
  done.upstream_us = since_us(start);
  if (done.outcome.body) {
    call->may_be_taken_back = true;
    done.call = call;
  }
  if (!done.outcome.response && done.outcome.response.error().code == error_code::refused)
    table_.set_health(target.http, manager_health::unhealthy);
  if (done.outcome.response && done.outcome.response->headers.has(net::stopping_field)) {
    table_.set_health(target.http, manager_health::unhealthy);
    leave(target.http);
  }
  co_return done;
}

net::http_response booking_handler::answer_for_client(const net::http_exchange& exchange,
                                                      attempt_result last) {
  if (!last.outcome.response) return failure_of(exchange, last);
  net::http_response& theirs = *last.outcome.response;
  net::http_response response{.status = theirs.status, .body = std::move(theirs.body)};
  copy_fields(theirs.headers, answer_fields, response.headers);
  if (last.outcome.body) {
    response.source = std::make_shared<relayed_body>(std::move(last.outcome.body), std::move(last.call),
                                                     options_.booking_timeout_ms, streams_);
    return response;
  }
  response.headers.set("Server-Timing",
                       server_timing(exchange.elapsed_us() - last.upstream_us, &theirs.headers));
  return response;
}

net::http_response booking_handler::failure_of(const net::http_exchange& exchange,
                                               const attempt_result& last) {
  failures_.add();
  const error& problem = last.outcome.response.error();
  const std::string who = "booking front end " + last.target.name;
  log_info("load_balancer", "request {} ({} {}): {} did not answer: {}", exchange.request_id,
           exchange.request.method, escape_for_log(exchange.request.path), who,
           escape_for_log(problem.message));
  const bool changes = exchange.request.method != "GET" && exchange.request.method != "HEAD";
  const bool timed_out = problem.code == error_code::timed_out;
  const bool overloaded = problem.code == error_code::overloaded;
  return net::to_response({.status = timed_out ? 504 : 503,
                           .code = timed_out    ? "FRONT_END_TIMEOUT"
                                   : overloaded ? "OVERLOADED"
                                   : ending_    ? "STOPPING"
                                                : "FRONT_END_UNAVAILABLE",
                           .message = who + " did not answer: " + problem.message,
                           .component = component_,
                           .retriable = true,
                           .outcome = changes && last.outcome.sent_any_byte ? net::api_outcome::unknown
                                                                            : net::api_outcome::definite});
}

void booking_handler::leave(const net::endpoint& stopping) {
  if (client_) client_->forget(stopping);
}

void booking_handler::abandon(const net::endpoint& silent) {
  for (call_under_way* const each : under_way_)
    if (each->http() == silent && each->may_be_taken_back) each->cancel.request_stop();
}

void booking_handler::end_long_polls() {
  loop_.post_after_ms(long_poll_ends_after_ms, [self = shared_from_this()] {
    self->ending_ = true;
    for (call_under_way* const each : self->under_way_)
      if (each->may_be_taken_back) each->cancel.request_stop();
  });
}

}  // namespace marquee::load_balancer
