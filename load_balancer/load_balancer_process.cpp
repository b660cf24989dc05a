#include "load_balancer/load_balancer_process.h"

#include "base/logging.h"
#include "load_balancer/booking_handler.h"
#include "load_balancer/forward_handler.h"
#include "load_balancer/manager_monitor_loop.h"
#include "load_balancer/openapi_document.h"
#include "net/event_loop.h"
#include "net/http_router.h"
#include "net/stop_signal.h"

namespace marquee::load_balancer {

struct load_balancer_process::state {
  // The table outlives the host, whose loop owns the coroutines that refer to it.
  manager_table table;
  std::unique_ptr<net::process_host> host;
  std::shared_ptr<manager_monitor_loop> monitor;
  std::shared_ptr<forward_handler> forward;
  std::shared_ptr<booking_handler> booking;
};

load_balancer_process::load_balancer_process(std::unique_ptr<state> state) : state_(std::move(state)) {}

load_balancer_process::~load_balancer_process() {
  stop();
}

result<std::unique_ptr<load_balancer_process>> load_balancer_process::start(
    const load_balancer_options& options) {
  auto made = std::make_unique<state>();
  result<manager_table> table = configured_managers(options);
  if (!table) return fail(table);
  made->table = std::move(*table);
  auto host = net::process_host::make(options.process);
  if (!host) return fail(host);
  made->host = std::move(*host);
  net::process_host& on = *made->host;
  made->forward =
      std::make_shared<forward_handler>(on.loop(), made->table, options, on.secret(), on.metrics());
  made->booking =
      std::make_shared<booking_handler>(on.loop(), made->table, options, on.secret(), on.metrics());
  made->monitor = std::make_shared<manager_monitor_loop>(on.loop(), made->table, options, on.secret());
  made->monitor->on_silent = [forward = made->forward, booking = made->booking](const net::endpoint& http) {
    forward->abandon(http);
    booking->abandon(http);
  };
  made->monitor->on_left = [forward = made->forward, booking = made->booking](const net::endpoint& http) {
    forward->leave(http);
    booking->leave(http);
  };
  on.router().add("GET", "/openapi.json", [](net::http_exchange&) -> net::task<net::http_response> {
    co_return net::json_response(std::string(openapi_document()));
  });
  const auto kept = static_cast<std::size_t>(options.kept_body_bytes);
  on.router().otherwise(
      [forward = made->forward, booking = made->booking, kept](net::http_exchange& exchange) {
        booking_route route = booking_route_of(exchange.request, kept);
        return route.what == booking_route::kind::elsewhere ? forward->handle(exchange)
                                                            : booking->handle(exchange, std::move(route));
      });
  const auto ready = [&known = made->table]() -> result<> {
    for (const manager_role role : {manager_role::write_manager, manager_role::read_manager})
      if (!known.any_healthy(role))
        return fail(error_code::unavailable, "no " + std::string(to_string(role)) + " is healthy");
    return {};
  };
  auto running = std::unique_ptr<load_balancer_process>(new load_balancer_process(std::move(made)));
  if (const result<> started = running->state_->host->start(ready); !started) return fail(started);
  running->state_->monitor->start("http://" + options.process.http.address + ":" +
                                  std::to_string(running->http_port()));
  return running;
}

std::uint16_t load_balancer_process::http_port() const {
  return state_->host->http_port();
}

void load_balancer_process::stop() {
  if (!state_->host) return;
  state_->host->announce_stop();
  state_->host->loop().post([forward = state_->forward, booking = state_->booking] {
    forward->end_long_polls();
    booking->end_long_polls();
  });
  state_->host->give_notice();
  state_->host->stop();
  state_->monitor->close();
  state_->forward->close();
  state_->booking->close();
}

int run_load_balancer(const load_balancer_options& options) {
  net::stop_signal signal;
  net::initialise_process_logging(options.process);
  const auto running = load_balancer_process::start(options);
  if (!running) {
    log_error("load_balancer", "{} cannot start: {}", options.process.component(), running.error().message);
    return 1;
  }
  signal.wait();
  log_info("load_balancer", "{} stops", options.process.component());
  (*running)->stop();
  return 0;
}

}  // namespace marquee::load_balancer
