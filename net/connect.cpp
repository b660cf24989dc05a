#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <stop_token>
#include <vector>

#include "net/asio_call.h"
#include "net/event_loop_state.h"
#include "net/future.h"
#include "net/stream.h"
#include "net/stream_state.h"

namespace asio = boost::asio;
using asio::ip::tcp;

namespace marquee::net {
namespace {

/// Closes the socket when time is up or nobody wants it any more; does nothing once it is destroyed.
class give_up_at {
 public:
  give_up_at(std::shared_ptr<tcp::socket> target, deadline end, std::stop_token cancel)
      : timer_(target->get_executor(), end.when()), on_cancel_(std::move(cancel), [target] {
          asio::post(target->get_executor(), [weak = std::weak_ptr(target)] {
            if (const auto alive = weak.lock()) alive->cancel();
          });
        }) {
    timer_.async_wait([target, fired = fired_](const boost::system::error_code& ec) {
      if (ec) return;
      *fired = true;
      target->cancel();
    });
  }
  [[nodiscard]] bool fired() const { return *fired_; }

 private:
  std::shared_ptr<bool> fired_ = std::make_shared<bool>(false);
  asio::steady_timer timer_;
  std::stop_callback<std::function<void()>> on_cancel_;
};

error cancelled(const endpoint& where) {
  return {error_code::cancelled, "connecting to " + to_string(where) + ": the call was cancelled"};
}

task<result<std::vector<tcp::endpoint>>> resolve(const endpoint& where, deadline end,
                                                 std::stop_token cancel) {
  boost::system::error_code not_numeric;
  const asio::ip::address address = asio::ip::make_address(where.host, not_numeric);
  if (!not_numeric) co_return std::vector<tcp::endpoint>{tcp::endpoint(address, where.port)};
  using found_addresses = tcp::resolver::results_type;
  const auto resolver = std::make_shared<tcp::resolver>(event_loop::state::current().io);
  const promise<found_addresses> told;
  resolver->async_resolve(
      where.host, std::to_string(where.port),
      [resolver, told, name = where.host](const boost::system::error_code& ec, found_addresses found) {
        if (ec)
          told.set(fail(error_code::unavailable, "cannot resolve " + name + ": " + ec.message()));
        else
          told.set(std::move(found));
      });
  // Asio calls the handler when the system's resolver has returned, however late that is: it is not waited
  // for.
  const result<found_addresses> found = co_await told.get_future().wait(end, cancel);
  if (!found && found.error().code == error_code::timed_out)
    co_return fail(error_code::timed_out, "resolving " + where.host + " took too long");
  if (!found && found.error().code == error_code::cancelled) co_return failure(cancelled(where));
  if (!found) co_return fail(found);
  std::vector<tcp::endpoint> addresses;
  for (const auto& each : *found) addresses.push_back(each.endpoint());
  co_return addresses;
}

}  // namespace

task<result<stream>> connect(endpoint where, deadline end, std::stop_token cancel) {
  const result<std::vector<tcp::endpoint>> addresses = co_await resolve(where, end, cancel);
  if (!addresses) co_return fail(addresses);
  error last{error_code::unavailable, to_string(where) + " has no address"};
  for (const tcp::endpoint& address : *addresses) {
    const auto socket = std::make_shared<tcp::socket>(event_loop::state::current().io);
    const give_up_at limit(socket, end, cancel);
    const auto [ec] =
        co_await await_asio<>([&](auto handler) { socket->async_connect(address, std::move(handler)); });
    if (!ec) co_return stream(std::make_shared<stream::state>(std::move(*socket)));
    const std::string what = "connecting to " + to_string(where) + ": ";
    if (limit.fired()) co_return fail(error_code::timed_out, what + "no answer within the deadline");
    if (cancel.stop_requested()) co_return failure(cancelled(where));
    const bool refused = ec == asio::error::connection_refused;
    last = {refused ? error_code::refused : error_code::unavailable, what + ec.message()};
  }
  co_return failure(last);
}

}  // namespace marquee::net
