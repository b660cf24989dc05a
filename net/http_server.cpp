#include "net/http_server.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <unordered_set>

#include "base/logging.h"
#include "net/event_loop.h"
#include "net/http_connection.h"
#include "net/stream.h"

namespace marquee::net {

namespace {
constexpr std::int64_t settle_ms = 20;
}

void describe(config_schema& schema, const std::string& prefix, http_server_options& options) {
  constexpr std::int64_t hour_ms = 3'600'000;
  constexpr std::int64_t gigabyte = 1LL << 30;
  schema.integer(prefix + ".max_body_bytes", options.max_body_bytes, 1024, gigabyte,
                 "Largest request body (413).");
  schema.integer(prefix + ".max_header_section_bytes", options.max_header_section_bytes, 1024, 1 << 20,
                 "Largest request line and header fields together (431).");
  schema.integer(prefix + ".header_timeout_ms", options.header_timeout_ms, 10, hour_ms,
                 "Time for the header section to arrive (408).");
  schema.integer(prefix + ".body_timeout_ms", options.body_timeout_ms, 10, hour_ms,
                 "Time for the body to arrive (408).");
  schema.integer(prefix + ".idle_timeout_ms", options.idle_timeout_ms, 10, hour_ms,
                 "A connection without a request is closed after this.");
  schema.integer(prefix + ".write_timeout_ms", options.write_timeout_ms, 10, hour_ms,
                 "A client that does not read its answer is cut after this.");
  schema.integer(prefix + ".max_body_bytes_in_flight", options.max_body_bytes_in_flight, 1024, 64 * gigabyte,
                 "Request bodies of all connections together (503).");
}

struct http_server::state {
  explicit state(event_loop& on) : loop(on) {}
  event_loop& loop;
  std::shared_ptr<http_server_context> context = std::make_shared<http_server_context>();
  std::unique_ptr<listener> accepting;
  std::unordered_set<http_connection*> open;  ///< on the loop only
  metric_gauge* connections = nullptr;
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t count = 0;  ///< of `open`, under the mutex

  void add(http_connection* connection) {
    open.insert(connection);
    if (connections != nullptr) connections->add(1);
    const std::lock_guard lock(mutex);
    count = open.size();
  }
  void remove(http_connection* connection) {
    open.erase(connection);
    if (connections != nullptr) connections->add(-1);
    const std::lock_guard lock(mutex);
    count = open.size();
    changed.notify_all();
  }
  bool wait_until_empty(std::int64_t limit_ms) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::milliseconds(limit_ms), [&] { return count == 0; });
  }
  static task<> serve(std::shared_ptr<state> self, stream connection);
};

task<> http_server::state::serve(std::shared_ptr<state> self, stream connection) {
  const auto served = std::make_shared<http_connection>(self->context, std::move(connection));
  // Also when the coroutine is destroyed with its loop.
  struct membership {
    state& owner;
    http_connection* member;
    membership(state& to, http_connection* what) : owner(to), member(what) { owner.add(member); }
    membership(const membership&) = delete;
    membership& operator=(const membership&) = delete;
    ~membership() { owner.remove(member); }
  };
  const membership entry(*self, served.get());
  co_await served->run();
}

http_server::http_server(std::shared_ptr<state> state) : state_(std::move(state)) {}

http_server::~http_server() {
  stop(0);
}

result<std::unique_ptr<http_server>> http_server::start(event_loop& loop, const listener_options& where,
                                                        const http_server_options& options,
                                                        http_handler handler, metrics_registry* metrics) {
  auto shared = std::make_shared<state>(loop);
  http_server_context& context = *shared->context;
  context.options = options;
  context.handler = std::move(handler);
  if (metrics != nullptr) {
    for (int hundreds = 1; hundreds <= 5; ++hundreds)
      context.requests[hundreds] = &metrics->counter("marquee_http_requests_total", "HTTP requests answered.",
                                                     {{"status", std::to_string(hundreds) + "xx"}});
    shared->connections = &metrics->gauge("marquee_http_connections", "Open HTTP connections.");
    context.latency_us =
        &metrics->histogram("marquee_http_request_duration_us", "From header to answer written.",
                            metric_histogram::latency_us_bounds());
  }
  auto on_refused = [context = shared->context](stream connection) -> task<> {
    co_await std::make_shared<http_connection>(context, std::move(connection))->refuse_for_overload();
  };
  // The listener is owned by the state, so its callbacks must not own the state in turn.
  auto on_connection = [weak = std::weak_ptr<state>(shared)](stream connection) -> task<> {
    if (auto alive = weak.lock()) co_await state::serve(std::move(alive), std::move(connection));
  };
  auto listening = listener::listen(loop, where, std::move(on_connection), std::move(on_refused));
  if (!listening) return fail(listening);
  shared->accepting = std::move(*listening);
  return std::unique_ptr<http_server>(new http_server(std::move(shared)));
}

std::uint16_t http_server::port() const {
  return state_->accepting->port();
}

std::size_t http_server::connections() const {
  const std::lock_guard lock(state_->mutex);
  return state_->count;
}

std::stop_token http_server::stopping_token() const {
  return state_->context->stopping.get_token();
}

void http_server::announce_stop() {
  state_->context->stopping.request_stop();
}

bool http_server::wait_until_unused(std::int64_t limit_ms) {
  return state_->wait_until_empty(limit_ms);
}

void http_server::stop(std::int64_t grace_ms) {
  if (!state_->accepting) return;
  announce_stop();
  state_->accepting->stop_accepting();
  // The loop turns twice: what was accepted at the last moment is handed over, and begins to be served.
  for (int turns = 0; turns < 2; ++turns) state_->loop.run_and_wait([] {});
  // What came in with the last connections is a request, not an idle connection.
  state_->wait_until_empty(std::min(grace_ms, settle_ms));
  state_->loop.run_and_wait([self = state_] {
    for (http_connection* each : self->open) each->begin_stop();
  });
  if (!state_->wait_until_empty(grace_ms)) {
    state_->loop.run_and_wait([self = state_] {
      for (http_connection* each : self->open) each->give_up();
    });
    state_->accepting->stop();
    // Handlers that listen to client_gone_token end now; one that does not is left to its own deadline.
    if (!state_->wait_until_empty(2'000))
      log_warning("net", "{} requests did not end within the grace of the stop", connections());
  }
  state_->accepting->stop();
}

}  // namespace marquee::net
