#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "net/stream.h"

/// What a stream is made of. For the .cpp files of net/ only: everybody else sees net/stream.h.
namespace marquee::net {

/// Ends one direction's operation at its deadline. The timer is moved only when it would fire too late, so
/// that an operation that is quick costs none.
struct operation_watch {
  explicit operation_watch(const boost::asio::any_io_executor& executor) : timer(executor) {}
  boost::asio::steady_timer timer;
  boost::asio::cancellation_signal cancel;
  deadline end = deadline::never();
  bool armed = false;
  bool active = false;
  bool timed_out = false;
};

struct stream::state : std::enable_shared_from_this<stream::state> {
  explicit state(boost::asio::ip::tcp::socket connected);

  boost::asio::ip::tcp::socket socket;
  std::string remote;
  operation_watch read_watch;
  operation_watch write_watch;
  bool closed_here = false;
  bool finished_there = false;  ///< told once: Asio may wait for ever when it reads behind the end

  void begin(operation_watch& watch, deadline end);
  void finish(operation_watch& watch) { watch.active = false; }
  void close();
  /// Bytes that were written and that the other side has not confirmed; nothing if the connection is broken.
  [[nodiscard]] std::optional<int> unconfirmed();
  /// The error of an operation, in our terms.
  [[nodiscard]] error explain(const boost::system::error_code& ec, const operation_watch& watch,
                              std::string_view doing) const;

 private:
  void arm(operation_watch& watch);
};

}  // namespace marquee::net
