#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <unordered_map>
#include <utility>

#include "base/logging.h"
#include "net/asio_call.h"
#include "net/event_loop_state.h"
#include "net/stream.h"
#include "net/stream_state.h"

namespace asio = boost::asio;
using asio::ip::tcp;

namespace marquee::net {

namespace {
constexpr int accepted_at_once = 64;
}  // namespace

struct listener::state : std::enable_shared_from_this<listener::state> {
  state(event_loop& on, const listener_options& with)
      : loop(on), options(with), acceptor(on.internals().io) {}

  event_loop& loop;
  const listener_options options;
  tcp::acceptor acceptor;
  connection_handler on_connection;
  connection_handler on_refused;
  std::uint16_t port = 0;
  std::atomic<std::size_t> connections{0};
  std::unordered_map<std::uint64_t, std::weak_ptr<stream::state>> open;  ///< on the loop only
  std::uint64_t next_id = 0;
  std::size_t being_refused = 0;
  bool stopping = false;
  bool closed = false;  ///< no connection is served any more

  result<> bind();
  static task<> accept_loop(std::shared_ptr<state> self);
  static void take(const std::shared_ptr<state>& self, tcp::socket socket);
  /// Also the others that wait already: a busy loop comes back here seldom, and the backlog is bounded.
  static void take_waiting(const std::shared_ptr<state>& self);
  static task<> serve(std::shared_ptr<state> self, stream connection, std::uint64_t id);
  static task<> refuse(std::shared_ptr<state> self, stream connection);
  void stop_accepting();
  void close_all() {
    closed = true;
    for (const auto& [id, weak] : open)
      if (const auto alive = weak.lock()) alive->close();
  }
};

result<> listener::state::bind() {
  const std::string what = "cannot listen on " + options.address + ":" + std::to_string(options.port) + " (" +
                           std::string(to_string(options.protocol)) + ", " +
                           std::string(to_string(options.role)) + "): ";
  boost::system::error_code ec;
  const asio::ip::address address = asio::ip::make_address(options.address, ec);
  if (ec) return fail(error_code::invalid_argument, what + "not an IP address");
  const tcp::endpoint where(address, static_cast<std::uint16_t>(options.port));
  acceptor.open(where.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(where, ec);
  if (!ec) acceptor.listen(static_cast<int>(options.backlog), ec);
  if (ec == asio::error::address_in_use)
    return fail(error_code::unavailable,
                what + "the port is taken by another process; stop that one or configure another port");
  if (ec == boost::system::errc::address_not_available)
    return fail(error_code::invalid_argument, what + "this machine has no such address");
  if (ec) return fail(error_code::io, what + ec.message());
  acceptor.non_blocking(true, ec);
  if (ec) return fail(error_code::io, what + ec.message());
  port = acceptor.local_endpoint(ec).port();
  return {};
}

task<> listener::state::accept_loop(std::shared_ptr<state> self) {
  while (!self->stopping) {
    auto [ec, socket] = co_await await_asio<tcp::socket>(
        [&](auto handler) { self->acceptor.async_accept(std::move(handler)); });
    // One that was accepted while the loop was told to stop is like those that waited.
    if (self->stopping && !ec && !self->closed) take(self, std::move(socket));
    if (self->stopping) break;
    if (ec == asio::error::connection_aborted || ec == asio::error::connection_reset) continue;
    if (ec) {
      // Most often no file descriptors are left: wait for some, instead of turning round and round.
      log_warning("net", "accepting on port {} failed: {}", self->port, ec.message());
      co_await sleep_ms(100);
      continue;
    }
    take(self, std::move(socket));
    take_waiting(self);
  }
}

void listener::state::take_waiting(const std::shared_ptr<state>& self) {
  for (int taken = 0; taken < accepted_at_once && !self->stopping; ++taken) {
    boost::system::error_code ec;
    tcp::socket socket = self->acceptor.accept(ec);
    if (ec) return;  // nobody waits; anything worse comes again where it is reported
    take(self, std::move(socket));
  }
}

void listener::state::take(const std::shared_ptr<state>& self, tcp::socket socket) {
  auto connection = std::make_shared<stream::state>(std::move(socket));
  if (self->connections < static_cast<std::size_t>(self->options.max_connections)) {
    const std::uint64_t id = self->next_id++;
    self->open[id] = connection;
    ++self->connections;
    self->loop.spawn([self, connection, id] { return serve(self, stream(connection), id); });
  } else if (self->on_refused && self->being_refused < 64) {
    ++self->being_refused;
    self->loop.spawn([self, connection] { return refuse(self, stream(connection)); });
  } else {
    connection->close();
  }
}

void listener::state::stop_accepting() {
  if (std::exchange(stopping, true)) return;
  boost::system::error_code ec;
  // Whoever is connected already has sent something, perhaps: closing now would reset that.
  for (std::int64_t taken = 0; taken < options.backlog; ++taken) {
    tcp::socket socket = acceptor.accept(ec);
    if (ec) break;
    take(shared_from_this(), std::move(socket));
  }
  acceptor.close(ec);
}

task<> listener::state::serve(std::shared_ptr<state> self, stream connection, std::uint64_t id) {
  const std::string remote = connection.remote();
  try {
    co_await self->on_connection(std::move(connection));
  } catch (const std::exception& e) {
    log_error("net", "the connection from {} ended by an exception: {}", remote, escape_for_log(e.what()));
  }
  self->open.erase(id);
  --self->connections;
}

task<> listener::state::refuse(std::shared_ptr<state> self, stream connection) {
  try {
    co_await self->on_refused(std::move(connection));
  } catch (const std::exception& e) {
    log_error("net", "refusing a connection ended by an exception: {}", escape_for_log(e.what()));
  }
  --self->being_refused;
}

listener::listener(std::shared_ptr<state> state) : state_(std::move(state)) {}

listener::~listener() {
  stop();
}

result<std::unique_ptr<listener>> listener::listen(event_loop& loop, const listener_options& options,
                                                   connection_handler on_connection,
                                                   connection_handler on_refused) {
  auto shared = std::make_shared<state>(loop, options);
  if (const result<> bound = shared->bind(); !bound) return fail(bound);
  shared->on_connection = std::move(on_connection);
  shared->on_refused = std::move(on_refused);
  loop.spawn([shared] { return state::accept_loop(shared); });
  return std::unique_ptr<listener>(new listener(std::move(shared)));
}

std::uint16_t listener::port() const {
  return state_->port;
}
std::size_t listener::connections() const {
  return state_->connections;
}

void listener::stop_accepting() {
  if (state_->loop.on_this_thread()) return state_->stop_accepting();
  state_->loop.run_and_wait([self = state_] { self->stop_accepting(); });
}

void listener::stop() {
  const auto both = [self = state_] {
    self->stop_accepting();
    self->close_all();
  };
  if (state_->loop.on_this_thread()) return both();
  state_->loop.run_and_wait(both);
}

}  // namespace marquee::net
