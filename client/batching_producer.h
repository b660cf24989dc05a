#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "client/api_failure.h"
#include "client/message.h"
#include "client/producer.h"

namespace marquee::client {

struct batching_options {
  std::size_t most_waiting_messages = 10'000;
  std::size_t most_waiting_bytes = std::size_t{32} << 20;  ///< of values, keys and headers
  std::size_t most_batch_messages = 1'000;
};

/// Stores messages in the background, in the order of `send`: whatever came while the last batch was under
/// way goes out as the next one; nothing waits for a timer. Any thread may call `send` and `flush`. One
/// thread of its own does the sending and calls the callbacks, in order, exactly once for each accepted
/// message. What waits is bounded; `send` says so when there is no room. A message that fails is reported and
/// does not stop the next batch.
class batching_producer {
 public:
  /// Called on the sending thread, so it must be quick and must not call `flush`, nor `send` with patience.
  using callback = std::function<void(const outcome<stored_message>&)>;

  explicit batching_producer(producer sender, batching_options options = {});
  /// Sends what waits first. If that fails with something that could be tried again, the rest is answered
  /// with that failure, so that it ends after one deadline.
  ~batching_producer();
  batching_producer(const batching_producer&) = delete;
  batching_producer& operator=(const batching_producer&) = delete;

  /// Waits at most `patience_ms` for room. The failure is QUEUE_FULL: the message was not taken, its callback
  /// will not be called.
  [[nodiscard]] outcome<> send(message what, callback on_done, std::int64_t patience_ms);
  /// Waits until everything that was accepted before is answered and its callbacks have returned.
  void flush();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace marquee::client
