#include "load_balancer/forward_handler.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/logging.h"
#include "load_balancer/forwarded_message.h"
#include "load_balancer/silent_managers.h"
#include "net/api_error.h"
#include "net/event_loop.h"
#include "net/json_body.h"

namespace marquee::load_balancer {
namespace {

/// What is left for our own answer when a manager uses its time up.
constexpr std::int64_t own_share_ms = 250;
constexpr std::int64_t pause_before_same_manager_ms = 50;
/// With less no manager can do anything but tell that its time is up, if it gets that far.
constexpr std::int64_t least_attempt_ms = 500;
/// A write manager that refuses after so long has asked every broker itself.
constexpr std::int64_t long_try_us = 5'000'000;
/// A long poll may come when the stop was announced already.
constexpr std::int64_t hurry_every_ms = 100;

constexpr std::string_view request_fields[] = {"Content-Type", "Accept", "User-Agent"};
constexpr std::string_view answer_fields[] = {"Content-Type", "Retry-After",   "X-Metadata-Version",
                                              "Allow",        "Cache-Control", "Location"};

std::int64_t since_us(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start)
      .count();
}

}  // namespace

answer_verdict verdict_of(const net::http_response& answer) {
  constexpr std::size_t largest_error = 64 * 1024;
  if (answer.status < 400 || answer.body.size() > largest_error) return answer_verdict::final;
  const auto body = net::parse_json(answer.body);
  if (!body || !body->is_object() || body->value("retriable", nlohmann::json()) != true)
    return answer_verdict::final;
  const nlohmann::json outcome = body->value("outcome", nlohmann::json());
  if (outcome == "definite") return answer_verdict::retriable_definite;
  return answer_verdict::retriable_unknown;
}

struct forward_handler::attempt_result {
  manager target;
  net::http_outcome outcome;
  std::int64_t upstream_us = 0;
};

forward_handler::forward_handler(net::event_loop& loop, manager_table& table,
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
      deliveries_(std::make_shared<delivery_guard>(loop, table, secret)),
      writes_(options.writes_most, clock_, metrics),
      retries_(
          metrics.counter("marquee_load_balancer_retries_total", "Requests sent to a manager once more.")),
      failures_(metrics.counter("marquee_load_balancer_failures_total",
                                "Requests that no manager answered, for whatever reason.")),
      metrics_(metrics) {
  for (const manager_role role : {manager_role::write_manager, manager_role::read_manager}) {
    metric_gauge& healthy =
        metrics.gauge("marquee_load_balancer_managers_healthy", "Managers that answer their health check.",
                      {{"role", std::string(to_string(role))}});
    // On this loop, like the table: it is the one that serves GET /metrics.
    metrics.before_text([&healthy, &table, role] {
      healthy.set(std::ranges::count_if(table.all(), [role](const manager& each) {
        return each.role == role && each.health == manager_health::healthy;
      }));
    });
  }
}

void forward_handler::close() {
  client_.reset();
  deliveries_->close();
}

net::task<net::http_response> forward_handler::handle(net::http_exchange& exchange) {
  const auto self = shared_from_this();
  const std::optional<request_route> route =
      route_of(exchange.request, static_cast<std::size_t>(options_.kept_body_bytes));
  if (!route) {
    co_return net::to_response({.status = 404,
                                .code = "NOT_FOUND",
                                .message = "there is nothing at this path",
                                .component = component_});
  }
  const std::int64_t limit_ms =
      route->is_consume ? route->wait_ms + options_.consume_timeout_ms : options_.request_timeout_ms;
  const net::deadline end = exchange.request_deadline.earlier_of(net::deadline::in_ms(limit_ms));
  delivery_guard::turn turn;
  if (route->is_consume && !route->consumer_id.empty()) {
    turn = co_await deliveries_->take_turn(route->consumer_id, end, exchange.client_gone_token());
    if (!turn)
      co_return net::to_response(net::unavailable(
          component_, "CONSUMER_BUSY", "another request of this consumer is still being answered"));
    if (route->is_numbered) turn.reset();  // a lost answer is asked for again by its number
  }
  const bool is_write = route->role == manager_role::write_manager;
  const std::optional<admission::pass> pass = is_write ? writes_.enter() : std::nullopt;
  if (is_write && !pass) co_return overloaded();
  co_return co_await forward(exchange, *route, end, std::move(turn));
}

net::task<net::http_response> forward_handler::forward(net::http_exchange& exchange, request_route route,
                                                       net::deadline end, delivery_guard::turn turn) {
  net::http_request request =
      forwarded_request(exchange, origin_form(exchange.request.target), request_fields, secret_);
  const bool is_write = route.role == manager_role::write_manager;
  std::vector<net::endpoint> tried;
  bool taken_back = false;
  for (int attempts = 1;; ++attempts) {
    const bool was_tried = !tried.empty();
    const std::optional<manager> target = choose(route, tried);
    if (!target) co_return no_manager(route);
    const std::string name = turn ? deliveries_->next_attempt() : "";
    if (turn) request.headers.set(delivery_guard::attempt_header, name);
    if (const std::string lost = turn ? deliveries_->lost_attempts(route.consumer_id) : ""; !lost.empty())
      request.headers.set(delivery_guard::lost_header, lost);
    if (route.role == manager_role::read_manager) name_silent_managers(table_, secret_, request);
    // `choose` begins anew when every manager had its turn: those need a moment.
    if (was_tried && tried.size() == 1) co_await net::sleep_ms(pause_before_same_manager_ms);
    attempt_result last =
        co_await attempt(*target, route, request, end, exchange.client_gone_token(), !taken_back);
    taken_back |= !last.outcome.response && last.outcome.response.error().code == error_code::cancelled;
    const attempt_facts facts{
        .resend = route.resend,
        .sent_any_byte = last.outcome.sent_any_byte,
        .verdict = last.outcome.response ? verdict_of(*last.outcome.response) : answer_verdict::none,
        .client_gone = exchange.client_gone(),
        .time_is_up = end.remaining_ms() < least_attempt_ms,
        .tried_long = is_write && last.upstream_us > long_try_us,
        .attempts = attempts,
        .max_attempts = static_cast<int>(options_.max_attempts)};
    if (turn && last.outcome.sent_any_byte && !last.outcome.response)
      deliveries_->tell_lost(route.consumer_id, name, turn);
    if (decide_retry(facts) == retry_decision::pass_on) {
      net::http_response answer = answer_for_client(exchange, route, std::move(last));
      if (turn && answer.status == 200)
        answer.on_written = [deliveries = deliveries_, turn, name, id = route.consumer_id](bool written) {
          if (!written) deliveries->tell_lost(id, name, turn);
        };
      co_return answer;
    }
    retries_.add();
  }
}

std::optional<manager> forward_handler::choose(const request_route& route,
                                               std::vector<net::endpoint>& tried) {
  const auto pick = [&] {
    return route.consumer_id.empty() ? table_.least_outstanding(route.role, tried)
                                     : table_.by_hash(route.role, route.consumer_id, tried);
  };
  std::optional<manager> chosen = pick();
  if (!chosen && !tried.empty()) {
    tried.clear();
    chosen = pick();
  }
  if (chosen) tried.push_back(chosen->http);
  return chosen;
}

/// What an attempt leaves in the tables while it is under way; taken out also when the coroutine is
/// destroyed.
class forward_handler::registration {
 public:
  registration(forward_handler& owner, attempt_under_way what)
      : owner_(owner),
        http_(what.http),
        place_(owner.under_way_.insert(owner.under_way_.end(), std::move(what))) {
    owner_.table_.request_began(http_);
    owner_.requests_to(http_).add();
  }
  registration(const registration&) = delete;
  registration& operator=(const registration&) = delete;
  ~registration() {
    owner_.under_way_.erase(place_);
    owner_.table_.request_ended(http_);
  }

 private:
  forward_handler& owner_;
  const net::endpoint http_;
  const std::list<attempt_under_way>::iterator place_;
};

metric_counter& forward_handler::requests_to(const net::endpoint& manager) {
  metric_counter*& known = requests_[manager];
  if (known == nullptr)
    known = &metrics_.counter("marquee_load_balancer_requests_total",
                              "Requests sent to a manager, by its address.",
                              {{"manager", net::to_string(manager)}});
  return *known;
}

net::task<forward_handler::attempt_result> forward_handler::attempt(
    manager target, const request_route& route, net::http_request& request, net::deadline end,
    std::stop_token client_gone, bool may_be_taken_back) {
  attempt_result done{.target = target,
                      .outcome = {.response = fail(error_code::cancelled, "the process stops")}};
  if (!client_) co_return done;
  const std::int64_t left_ms = end.remaining_ms();
  request.headers.set("X-Deadline-Ms", std::to_string(std::max<std::int64_t>(1, left_ms - own_share_ms)));
  // What must not happen twice is not taken back: nobody could do anything with it. What a consumer asks for
  // is, also where it is not sent again here: its client may ask again (a commit or seek names the
  // positions), and what the silent manager still answers to a consume counts as not delivered.
  // Only once: if the next manager is as slow, it is the request that takes so long.
  const bool may_be_abandoned =
      may_be_taken_back && (route.resend == resend_safety::safe || !route.consumer_id.empty());
  std::stop_source cancel = may_be_abandoned ? std::stop_source() : std::stop_source(std::nostopstate);
  const auto pass_on = [cancel]() mutable { cancel.request_stop(); };
  const std::stop_callback watch(may_be_abandoned ? client_gone : std::stop_token(), pass_on);
  const registration under_way(
      *this,
      {.http = target.http, .cancel = cancel, .consumer_id = route.is_consume ? route.consumer_id : ""});
  const auto start = std::chrono::steady_clock::now();
  done.outcome = co_await client_->send_borrowed(
      target.http, request,
      {.timeout_ms = left_ms, .end = end, .cancel = may_be_abandoned ? cancel.get_token() : client_gone});
  done.upstream_us = since_us(start);
  if (!done.outcome.response && done.outcome.response.error().code == error_code::refused)
    table_.set_health(target.http, manager_health::unhealthy);
  if (done.outcome.response && done.outcome.response->headers.has(net::stopping_field)) {
    table_.set_health(target.http, manager_health::unhealthy);
    leave(target.http);
  }
  co_return done;
}

void forward_handler::leave(const net::endpoint& stopping) {
  if (client_) client_->forget(stopping);
}

void forward_handler::abandon(const net::endpoint& silent) {
  for (attempt_under_way& each : under_way_)
    if (each.http == silent) each.cancel.request_stop();
}

net::task<> forward_handler::ask_for_answer(std::shared_ptr<forward_handler> self, net::endpoint http,
                                            std::string consumer_id) {
  net::http_request request{.method = "POST",
                            .target = "/internal/answer-now?consumer_id=" + net::percent_encode(consumer_id)};
  self->secret_.sign(request);
  if (self->client_)
    static_cast<void>(co_await self->client_->send(http, std::move(request),
                                                   {.timeout_ms = hurry_every_ms, .resend_if_stale = true}));
}

void forward_handler::end_long_polls() {
  if (!client_) return;
  for (const attempt_under_way& each : under_way_)
    if (!each.consumer_id.empty())
      loop_.spawn([self = shared_from_this(), http = each.http, id = each.consumer_id] {
        return ask_for_answer(self, http, id);
      });
  loop_.post_after_ms(hurry_every_ms, [self = shared_from_this()] { self->end_long_polls(); });
}

net::http_response forward_handler::answer_for_client(const net::http_exchange& exchange,
                                                      const request_route& route, attempt_result last) const {
  net::http_response response;
  const std::string who = std::string(to_string(route.role)) + " " + last.target.name;
  if (last.outcome.response) {
    response.status = last.outcome.response->status;
    response.body = std::move(last.outcome.response->body);
    copy_fields(last.outcome.response->headers, answer_fields, response.headers);
  } else {
    failures_.add();
    const error& problem = last.outcome.response.error();
    log_info("load_balancer", "request {} ({} {}): {} did not answer: {}", exchange.request_id,
             exchange.request.method, escape_for_log(exchange.request.path), who,
             escape_for_log(problem.message));
    const bool changes = exchange.request.method != "GET" && exchange.request.method != "HEAD";
    const bool timed_out = problem.code == error_code::timed_out;
    const bool overloaded = problem.code == error_code::overloaded;
    response =
        net::to_response({.status = timed_out ? 504 : 503,
                          .code = timed_out    ? "MANAGER_TIMEOUT"
                                  : overloaded ? "OVERLOADED"
                                               : "MANAGER_UNAVAILABLE",
                          .message = who + " did not answer: " + problem.message,
                          .component = component_,
                          .retriable = true,
                          .outcome = changes && last.outcome.sent_any_byte ? net::api_outcome::unknown
                                                                           : net::api_outcome::definite});
  }
  if (route.is_produce || route.is_consume)
    response.headers.set("Server-Timing",
                         server_timing(exchange.elapsed_us() - last.upstream_us,
                                       last.outcome.response ? &last.outcome.response->headers : nullptr));
  return response;
}

net::http_response forward_handler::no_manager(const request_route& route) const {
  failures_.add();
  return net::to_response(
      net::unavailable(component_, "NO_MANAGER",
                       "no " + std::string(to_string(route.role)) + " is known to this load balancer"));
}

net::http_response forward_handler::overloaded() const {
  return net::to_response(net::unavailable(
      component_, "OVERLOADED", "as many requests as this load balancer takes at once are under way",
      writes_.retry_after_ms()));
}

}  // namespace marquee::load_balancer
