#include "load_balancer/manager_monitor_loop.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/release.h"
#include "load_balancer/manager_list_codec.h"
#include "net/api_error.h"
#include "net/event_loop.h"
#include "net/http_server.h"

namespace marquee::load_balancer {
namespace {

constexpr std::string_view managers_path = "/internal/managers";
constexpr std::string_view load_balancers_path = "/internal/load-balancers";
/// A time-out that fires so much later than it should was slept through by this process, not by the manager.
constexpr std::int64_t own_delay_ms = 200;

}  // namespace

std::optional<manager_health> judge_probe(const net::http_outcome& outcome, std::int64_t took_ms,
                                          std::int64_t timeout_ms) {
  if (outcome.response)
    return outcome.response->status == 200 ? manager_health::healthy : manager_health::unhealthy;
  if (outcome.response.error().code != error_code::timed_out) return manager_health::unhealthy;
  if (took_ms > timeout_ms + own_delay_ms) return std::nullopt;
  return manager_health::silent;
}

manager_monitor_loop::manager_monitor_loop(net::event_loop& loop, manager_table& table,
                                           const load_balancer_options& options,
                                           const net::cluster_secret& secret)
    : loop_(loop),
      table_(table),
      options_(options),
      secret_(secret),
      client_(std::make_unique<net::http_client>(
          loop, net::http_client_options{.max_connections_per_endpoint = 4,
                                         .max_response_bytes = 4 * 1024 * 1024})) {}

void manager_monitor_loop::start(std::string http) {
  report_ = R"({"name":)" + net::json_quote(options_.process.name) + R"(,"http":)" + net::json_quote(http) +
            R"(,"version":)" + net::json_quote(release_version()) + R"(,"started_ms":)" +
            std::to_string(system_clock().wall_ms()) + "}";
  loop_.spawn([self = shared_from_this()] { return watch_health(self); });
  loop_.spawn([self = shared_from_this()] { return discover(self); });
}

void manager_monitor_loop::close() {
  closed_ = true;
  client_.reset();
}

net::task<> manager_monitor_loop::watch_health(std::shared_ptr<manager_monitor_loop> self) {
  while (!self->closed_) {
    for (const manager& each : self->table_.all())
      if (self->being_probed_.insert(each.http).second)
        self->loop_.spawn([self, target = each] { return probe(self, target); });
    co_await net::sleep_ms(self->options_.health_interval_ms);
  }
}

net::task<> manager_monitor_loop::probe(std::shared_ptr<manager_monitor_loop> self, manager target) {
  const net::http_call_options call{.timeout_ms = self->options_.health_timeout_ms, .resend_if_stale = true};
  const std::int64_t began_us = system_clock().monotonic_us();
  const net::http_outcome outcome = co_await self->client_->send(target.http, {.target = "/ready"}, call);
  self->being_probed_.erase(target.http);
  if (self->closed_) co_return;
  const std::int64_t took_ms = (system_clock().monotonic_us() - began_us) / 1'000;
  const auto health = judge_probe(outcome, took_ms, self->options_.health_timeout_ms);
  if (!health) co_return;  // the next one tells
  const bool is_ready = *health == manager_health::healthy;
  if (outcome.response && outcome.response->headers.has(net::stopping_field)) {
    self->client_->forget(target.http);
    if (self->on_left) self->on_left(target.http);
  }
  self->table_.set_health(target.http, *health);
  const bool silent = *health == manager_health::silent;
  if (silent && self->on_silent && self->table_.any_healthy(target.role)) self->on_silent(target.http);
  if (is_ready == (target.health == manager_health::healthy)) co_return;
  const std::string why = !outcome.response                 ? outcome.response.error().message
                          : outcome.response->status == 200 ? "it is ready"
                                                            : "it says that it is not ready";
  if (is_ready)
    log_info("load_balancer", "{} {} gets requests: {}", to_string(target.role), target.name, why);
  else if (target.health == manager_health::healthy)
    log_warning("load_balancer", "{} {} gets no more requests: {}", to_string(target.role), target.name, why);
}

net::task<> manager_monitor_loop::discover(std::shared_ptr<manager_monitor_loop> self) {
  while (!self->closed_) {
    std::vector<net::endpoint> asked;
    // Every write manager knows all of them; one that fails to answer is passed over.
    for (int attempt = 0; attempt < 3 && !self->closed_; ++attempt) {
      const std::optional<manager> from = self->table_.least_outstanding(manager_role::write_manager, asked);
      if (!from || from->health == manager_health::unhealthy || from->health == manager_health::silent) break;
      if (co_await self->ask_for_managers(*from)) {
        if (!self->closed_) co_await self->report_itself(*from);
        break;
      }
      asked.push_back(from->http);
    }
    co_await net::sleep_ms(self->options_.discovery_interval_ms);
  }
}

net::task<bool> manager_monitor_loop::ask_for_managers(manager from) {
  net::http_request request{.target = std::string(managers_path)};
  secret_.sign(request);
  const net::http_call_options call{.timeout_ms = options_.health_timeout_ms, .resend_if_stale = true};
  const net::http_outcome outcome = co_await client_->send(from.http, std::move(request), call);
  if (closed_ || !outcome.response || outcome.response->status != 200) co_return false;
  const result<std::vector<manager>> list = read_manager_list(outcome.response->body);
  if (!list) {
    if (list.error().message != last_complaint_)
      log_warning("load_balancer", "{}: {}", from.name, escape_for_log(list.error().message));
    last_complaint_ = list.error().message;
    co_return false;
  }
  last_complaint_.clear();
  table_.learn(*list);
  co_return true;
}

/// For GET /cluster alone: nothing waits for it, and nobody minds when it fails.
net::task<> manager_monitor_loop::report_itself(manager to) {
  net::http_request request{.method = "POST", .target = std::string(load_balancers_path), .body = report_};
  secret_.sign(request);
  const net::http_call_options call{.timeout_ms = options_.health_timeout_ms, .resend_if_stale = true};
  static_cast<void>(co_await client_->send(to.http, std::move(request), call));
}

}  // namespace marquee::load_balancer
