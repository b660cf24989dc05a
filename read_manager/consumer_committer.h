#pragma once

#include <cstdint>

#include "base/result.h"
#include "net/deadline.h"
#include "net/task.h"
#include "read_manager/owned_consumer.h"

namespace marquee::net {
class event_loop;
}

namespace marquee::read_manager {

/// Writes the positions of owned consumers. Per consumer one commit is under way at a time; those that come
/// meanwhile go together. Finds out that another manager has claimed a consumer, and marks it as lost.
/// Belongs to the manager's loop.
class consumer_committer {
 public:
  consumer_committer(net::event_loop& loop, position_client& positions)
      : loop_(loop), positions_(positions) {}

  /// Begins to commit. What cannot be written now is tried again with the next call. Returns what `written`
  /// waits for; 0 if there is nothing to commit.
  std::uint64_t begin(const consumer_pointer& consumer, const position_map& positions);
  /// Waits until a commit that was begun has ended, well or not, or until the deadline.
  [[nodiscard]] static net::task<> written(consumer_pointer consumer, std::uint64_t ticket,
                                           net::deadline end);
  /// Commits and waits until it is durable. Errors: conflict (the consumer is lost), unavailable (the outcome
  /// is unknown).
  [[nodiscard]] net::task<result<>> commit(consumer_pointer consumer, position_map positions,
                                           net::deadline end);
  /// Waits until nothing is under way, or until the deadline.
  [[nodiscard]] static net::task<> settle(consumer_pointer consumer, net::deadline end);

 private:
  void start(const consumer_pointer& consumer);
  static net::task<void> run(position_client& positions, consumer_pointer consumer);

  net::event_loop& loop_;
  position_client& positions_;
};

}  // namespace marquee::read_manager
