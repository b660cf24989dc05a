#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "kafka/byte_chain.h"
#include "kafka/request_header.h"
#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/task.h"

namespace marquee::net {
class event_loop;
}

namespace marquee::kafka {

/// Whether a request may have reached the broker, for who has to decide about a retry.
enum class delivery : std::uint8_t {
  not_sent,   ///< not one byte was written
  maybe_sent  ///< some or all of it was; a missing answer says nothing about its effect
};

/// What became of a call: the answer, or why there is none.
template <class Response>
struct call_outcome {
  result<Response> response;
  delivery sent = delivery::not_sent;
};

struct client_connection_options {
  std::string client_id = "marquee";
  std::int64_t connect_timeout_ms = 1'000;
  /// Requests without an answer; a further call waits until there is room.
  std::size_t max_in_flight = 64;
  /// An answer that says to be longer closes the connection.
  std::size_t max_answer_bytes = 128 << 20;
};

/// One pipelined connection to a broker. Calls of many coroutines share it: what is queued while a write is
/// under way goes out in one write, answers come back in order. Made by `open`; used on its loop only. A call
/// without an answer at its deadline closes the connection, since everything behind it is stuck as well. When
/// the connection ends, every pending call fails with `unavailable` and says whether its request was sent.
/// Nothing is ever retried here.
class client_connection {
 public:
  /// Errors: refused, timed_out, unavailable, invalid_argument (from net::connect). Called on `loop`, which
  /// must outlive the connection.
  [[nodiscard]] static net::task<result<std::shared_ptr<client_connection>>> open(
      net::event_loop& loop, net::endpoint where, client_connection_options options);
  ~client_connection();
  client_connection(const client_connection&) = delete;
  client_connection& operator=(const client_connection&) = delete;

  /// Sends a request of kafka/api/ in the given version and awaits its answer. Errors besides those of the
  /// connection: timed_out, corrupt (the answer cannot be read).
  template <class Request>
  [[nodiscard]] net::task<call_outcome<typename Request::response>> call(Request request,
                                                                         std::int16_t version,
                                                                         net::deadline end) {
    using response = typename Request::response;
    if (result<> room = co_await wait_for_room(end); !room)
      co_return call_outcome<response>{fail(room), delivery::not_sent};
    const std::int32_t id = next_correlation_id();
    call_outcome<shared_bytes> raw =
        co_await exchange(id, request_frame(request, version, id, client_id()), end);
    if (!raw.response) co_return call_outcome<response>{fail(raw.response), raw.sent};
    wire_reader in(std::move(*raw.response));
    (void)decode_response_header(Request::key, version, in);  // the correlation id was checked on arrival
    co_return call_outcome<response>{response::decode(version, in), delivery::maybe_sent};
  }

  [[nodiscard]] bool is_open() const;
  [[nodiscard]] std::size_t in_flight() const;
  /// When the broker was last heard on this connection.
  [[nodiscard]] std::chrono::steady_clock::time_point heard() const;
  /// Every pending call fails. May be called twice.
  void close();

  /// State of the connection, shared with its reading and writing coroutines. Private in all but name.
  struct state;

 private:
  explicit client_connection(std::shared_ptr<state> state);

  [[nodiscard]] net::task<result<>> wait_for_room(net::deadline end);
  [[nodiscard]] std::int32_t next_correlation_id();
  [[nodiscard]] const std::string& client_id() const;
  /// Queues a frame and awaits the frame that answers it.
  [[nodiscard]] net::task<call_outcome<shared_bytes>> exchange(std::int32_t correlation_id,
                                                               wire_message frame, net::deadline end);

  std::shared_ptr<state> state_;
};

}  // namespace marquee::kafka
