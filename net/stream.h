#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/listener_options.h"
#include "net/task.h"

namespace marquee::net {

class event_loop;

/// A connection that carries bytes both ways: plain TCP now, TLS behind the same type later (DESIGN D24).
/// TCP_NODELAY is on. Belongs to the loop on which it was made; at most one read and one write at a time.
/// Moving is allowed while nothing is under way. The destructor closes; what was under way ends with
/// `cancelled`. Errors of all operations: unavailable (reset or closed by the other side), timed_out,
/// cancelled (closed here), io.
class stream {
 public:
  struct state;

  stream();  ///< A closed stream.
  explicit stream(std::shared_ptr<state> state);
  stream(stream&&) noexcept;
  stream& operator=(stream&&) noexcept;
  ~stream();

  /// Reads at least one byte; 0 means that the other side has finished. After timed_out the stream can still
  /// be used.
  [[nodiscard]] task<result<std::size_t>> read_some(std::span<std::uint8_t> target,
                                                    deadline end = deadline::never());
  /// Fills `target`. `unavailable` if the other side ends before. After timed_out a part may have been read.
  [[nodiscard]] task<result<>> read_exactly(std::span<std::uint8_t> target, deadline end = deadline::never());
  /// Writes all parts in order, without copying them: they must live until it returns. After any error a part
  /// may have been written: close the stream.
  [[nodiscard]] task<result<>> write(std::span<const bytes_view> parts, deadline end = deadline::never());
  [[nodiscard]] task<result<>> write(bytes_view data, deadline end = deadline::never());

  /// Says that no more will be written; reading goes on.
  void shutdown_write();
  /// Waits until the other side's system has confirmed everything that was written, so that it is not lost
  /// with a connection that nobody reads any more. Errors: unavailable (reset), timed_out, cancelled.
  [[nodiscard]] task<result<>> wait_until_taken(deadline end);
  /// Ends everything under way with `cancelled`. May be called twice, on the stream's loop only.
  void close();
  /// Closes with a reset: the other side learns at once that nobody waits for what it writes.
  void abort();
  [[nodiscard]] bool is_open() const;
  /// "address:port" of the other side, for logs; stays after close.
  [[nodiscard]] const std::string& remote() const;

  /// For net/ itself.
  [[nodiscard]] const std::shared_ptr<state>& internals() const { return state_; }

 private:
  std::shared_ptr<state> state_;
};

/// Connects on the loop of the calling coroutine. Names are resolved; the addresses are tried in turn.
/// Errors: refused (nobody listens there), timed_out, cancelled, unavailable (no route, unknown name),
/// invalid_argument.
[[nodiscard]] task<result<stream>> connect(endpoint where, deadline end, std::stop_token cancel = {});

/// Accepts connections on a loop and hands each to `on_connection`, a coroutine of its own on that loop,
/// which ends when the connection is done. Made by `listen`; destroyed on any thread but inside its own
/// callbacks; `stop` first, so that the coroutines of connections (which it closes) have ended.
class listener {
 public:
  using connection_handler = std::function<task<void>(stream)>;

  /// Binds and begins to accept. Over `max_connections` a new connection goes to `on_refused` (may be empty:
  /// it is closed at once). Errors: unavailable (the port is taken), invalid_argument (no such address here),
  /// io; the message names address, port and role.
  [[nodiscard]] static result<std::unique_ptr<listener>> listen(event_loop& loop,
                                                                const listener_options& options,
                                                                connection_handler on_connection,
                                                                connection_handler on_refused = {});
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  /// The port that was bound: the operating system's choice if the options said 0.
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t connections() const;
  /// Accepts no more. Thread-safe; returns when no accept is under way (unless called on the loop).
  void stop_accepting();
  /// stop_accepting, then closes every connection. Thread-safe.
  void stop();

 private:
  struct state;
  explicit listener(std::shared_ptr<state> state);
  std::shared_ptr<state> state_;
};

}  // namespace marquee::net
