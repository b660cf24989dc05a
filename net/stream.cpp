#include "net/stream.h"

#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <vector>

#include "net/asio_call.h"
#include "net/event_loop.h"
#include "net/stream_state.h"

namespace asio = boost::asio;
using system_code = boost::system::error_code;

namespace marquee::net {
namespace {

std::string describe_remote(const asio::ip::tcp::socket& socket) {
  system_code ec;
  const auto remote = socket.remote_endpoint(ec);
  if (ec) return "unknown";
  return to_string(endpoint{remote.address().to_string(), remote.port()});
}

error closed_error() {
  return {error_code::cancelled, "the connection is closed"};
}

}  // namespace

stream::state::state(asio::ip::tcp::socket connected)
    : socket(std::move(connected)),
      remote(describe_remote(socket)),
      read_watch(socket.get_executor()),
      write_watch(socket.get_executor()) {
  system_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
}

void stream::state::begin(operation_watch& watch, deadline end) {
  watch.active = true;
  watch.timed_out = false;
  watch.end = end;
  if (end.is_never()) return;
  if (!watch.armed || watch.timer.expiry() > end.when()) arm(watch);
}

void stream::state::arm(operation_watch& watch) {
  watch.timer.expires_at(watch.end.when());
  watch.armed = true;
  watch.timer.async_wait([self = shared_from_this(), &watch](const system_code& ec) {
    if (ec) return;  // moved or closed
    watch.armed = false;
    if (!watch.active || watch.end.is_never()) return;
    if (!watch.end.passed()) return self->arm(watch);
    watch.timed_out = true;
    watch.cancel.emit(asio::cancellation_type::all);
  });
}

void stream::state::close() {
  closed_here = true;
  system_code ignored;
  socket.close(ignored);
  read_watch.timer.cancel();
  write_watch.timer.cancel();
}

std::optional<int> stream::state::unconfirmed() {
  if (closed_here) return std::nullopt;
  int count = 0;
  int problem = 0;
  socklen_t problem_size = sizeof problem;
  tcp_info info{};
  socklen_t info_size = sizeof info;
  const int handle = socket.native_handle();
  if (::ioctl(handle, TIOCOUTQ, &count) != 0 ||
      ::getsockopt(handle, SOL_SOCKET, SO_ERROR, &problem, &problem_size) != 0 || problem != 0 ||
      ::getsockopt(handle, IPPROTO_TCP, TCP_INFO, &info, &info_size) != 0 || info.tcpi_state == TCP_CLOSE)
    return std::nullopt;
  return count;
}

error stream::state::explain(const system_code& ec, const operation_watch& watch,
                             std::string_view doing) const {
  using code = error_code;
  const std::string what = std::string(doing) + " " + remote + ": ";
  if (closed_here) return closed_error();
  if (watch.timed_out) return {code::timed_out, what + "no progress within the deadline"};
  if (ec == asio::error::connection_reset || ec == asio::error::broken_pipe || ec == asio::error::eof)
    return {code::unavailable, what + "closed by the other side"};
  if (ec == asio::error::operation_aborted) return closed_error();
  return {ec == asio::error::timed_out ? code::unavailable : code::io, what + ec.message()};
}

stream::stream() = default;
stream::stream(std::shared_ptr<state> state) : state_(std::move(state)) {}
stream::stream(stream&&) noexcept = default;
stream& stream::operator=(stream&& other) noexcept {
  if (this != &other) {
    close();
    state_ = std::move(other.state_);
  }
  return *this;
}
stream::~stream() {
  close();
}

void stream::close() {
  if (state_ && !state_->closed_here) state_->close();
}

void stream::abort() {
  if (!is_open()) return;
  system_code ignored;
  state_->socket.set_option(asio::socket_base::linger(true, 0), ignored);
  close();
}

bool stream::is_open() const {
  return state_ && !state_->closed_here;
}

const std::string& stream::remote() const {
  static const std::string none = "nowhere";
  return state_ ? state_->remote : none;
}

void stream::shutdown_write() {
  system_code ignored;
  if (is_open()) state_->socket.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

task<result<>> stream::wait_until_taken(deadline end) {
  const std::shared_ptr<state> self = state_;
  for (std::int64_t pause_ms = 1;; pause_ms = std::min<std::int64_t>(2 * pause_ms, 50)) {
    if (!is_open()) co_return failure(closed_error());
    const std::optional<int> left = self->unconfirmed();
    if (!left)
      co_return fail(error_code::unavailable, "writing to " + remote() + ": closed by the other side");
    if (*left == 0) co_return result<>{};
    if (end.passed()) co_return fail(error_code::timed_out, "writing to " + remote() + ": not confirmed");
    co_await sleep_ms(pause_ms);
  }
}

task<result<std::size_t>> stream::read_some(std::span<std::uint8_t> target, deadline end) {
  if (!is_open()) co_return failure(closed_error());
  const std::shared_ptr<state> self = state_;  // the stream may be destroyed meanwhile
  if (self->finished_there) co_return std::size_t{0};
  self->begin(self->read_watch, end);
  const auto [ec, count] = co_await await_asio<std::size_t>([&](auto handler) {
    self->socket.async_read_some(
        asio::buffer(target.data(), target.size()),
        asio::bind_cancellation_slot(self->read_watch.cancel.slot(), std::move(handler)));
  });
  self->finish(self->read_watch);
  if (ec == asio::error::eof) {
    self->finished_there = true;
    co_return std::size_t{0};
  }
  if (ec && count == 0) co_return failure(self->explain(ec, self->read_watch, "reading from"));
  co_return count;
}

task<result<>> stream::read_exactly(std::span<std::uint8_t> target, deadline end) {
  while (!target.empty()) {
    const result<std::size_t> count = co_await read_some(target, end);
    if (!count) co_return fail(count);
    if (*count == 0) co_return fail(error_code::unavailable, "closed by the other side within a message");
    target = target.subspan(*count);
  }
  co_return result<>{};
}

namespace {

/// More than this leaves room for others between its pieces.
constexpr std::size_t written_at_once_bytes = 128 * 1024;
/// The operating system takes at most 1,024 parts at once, Asio 64.
constexpr std::size_t parts_at_once = 64;

/// What the operating system takes right now of a few parts. 0 also where it refuses: whoever goes on learns
/// why.
std::size_t write_now(int socket, std::span<const bytes_view> parts) {
  std::array<iovec, 8> pieces;
  std::size_t used = 0;
  std::size_t total = 0;
  for (const bytes_view part : parts) {
    if (part.empty()) continue;
    total += part.size();
    if (used == pieces.size() || total > written_at_once_bytes) return 0;
    pieces[used++] = {const_cast<std::uint8_t*>(part.data()), part.size()};
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = used;
  const ssize_t count = used == 0 ? 0 : ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

/// Takes so many bytes off the front.
std::span<asio::const_buffer> after(std::span<asio::const_buffer> parts, std::size_t count) {
  while (!parts.empty() && count >= parts.front().size()) {
    count -= parts.front().size();
    parts = parts.subspan(1);
  }
  if (count > 0) parts.front() += count;
  return parts;
}

}  // namespace

task<result<>> stream::write(std::span<const bytes_view> parts, deadline end) {
  if (!is_open()) co_return failure(closed_error());
  std::size_t total = 0;
  for (const bytes_view part : parts) total += part.size();
  const std::size_t at_once = write_now(state_->socket.native_handle(), parts);
  if (at_once == total) co_return result<>{};
  const std::shared_ptr<state> self = state_;  // the stream may be destroyed meanwhile
  std::vector<asio::const_buffer> buffers;
  buffers.reserve(parts.size());
  for (const bytes_view part : parts)
    if (!part.empty()) buffers.emplace_back(part.data(), part.size());
  std::span<asio::const_buffer> rest = after(buffers, at_once);
  self->begin(self->write_watch, end);
  while (!rest.empty()) {
    const std::vector<asio::const_buffer> now(
        rest.begin(), rest.begin() + std::min(std::ssize(rest), std::ptrdiff_t{parts_at_once}));
    const auto [ec, count] = co_await await_asio<std::size_t>([&](auto handler) {
      self->socket.async_write_some(
          now, asio::bind_cancellation_slot(self->write_watch.cancel.slot(), std::move(handler)));
    });
    if (ec) {
      self->finish(self->write_watch);
      co_return failure(self->explain(ec, self->write_watch, "writing to"));
    }
    rest = after(rest, count);
  }
  self->finish(self->write_watch);
  co_return result<>{};
}

task<result<>> stream::write(bytes_view data, deadline end) {
  co_return co_await write(std::span<const bytes_view>(&data, 1), end);
}

}  // namespace marquee::net
