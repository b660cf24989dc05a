#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/types.h"
#include "net/future.h"
#include "write_manager/broker_link.h"
#include "write_manager/produce_plan.h"

namespace marquee::net {
class event_loop;
}

namespace marquee::write_manager {

struct produce_batcher_options {
  std::int64_t requests_in_flight = 4;  ///< per broker
  /// Another request joins those under way only with so much in it: a small one costs the brokers nearly as
  /// much as a large one, so it waits for the answer and takes more along ...
  std::int64_t joining_bytes = 64 << 10;
  std::int64_t alone_at_most_ms = 10;            ///< ... or until those under way have taken so long
  std::int64_t request_bytes = 8 << 20;          ///< a Produce request is closed at this size
  std::int64_t queued_bytes_most = 128LL << 20;  ///< of all brokers; beyond it: overloaded
  std::int64_t answer_margin_ms = 250;  ///< the broker gives up so much earlier than the request's deadline
  /// A request that was not answered for so long holds a partition that is slow.
  std::int64_t slow_after_ms = 100;
  /// So long a broker may wait for the slowest partition of a request that holds several.
  std::int64_t shared_timeout_ms = 1'000;
  std::size_t slow_lanes_most = 16;  ///< requests for slow partitions under way, per broker
};

/// Batches of one client request for one partition, to be sent to a broker.
struct produce_item {
  std::string topic{};
  group_id partition{};
  std::int32_t routing_epoch = 0;
  std::vector<planned_batch> batches{};

  [[nodiscard]] std::int64_t bytes() const;
};

/// A broker's word on one item, or why there is none and whether the broker may have seen it.
using item_answer = kafka::call_outcome<kafka::produce_response::partition>;

/// Lets concurrent client requests for one broker share Produce requests (DESIGN D20): a request takes
/// whatever arrived while the one before it was under way; what arrives when nothing is under way goes at
/// once. Two items of one partition become two batches of it, in order.
///
/// A broker answers a request when its slowest partition is done, which without a quorum is never. So the
/// partitions of a request that is not answered soon go in requests of their own from then on, one at a time,
/// and that request no longer counts against the limit: a partition in trouble holds nobody else up for
/// longer than `shared_timeout_ms`. Retries nothing. Belongs to the manager's loop. `overloaded`
/// when too many bytes wait.
class produce_batcher {
 public:
  /// `loop` and `brokers` must outlive the batcher, and the batcher the loop's thread.
  produce_batcher(net::event_loop& loop, broker_link& brokers, produce_batcher_options options,
                  metrics_registry& metrics);
  ~produce_batcher();

  /// Sends the item to that broker and awaits its answer for it. An item whose deadline passes in the queue
  /// is not sent.
  [[nodiscard]] net::task<item_answer> send(broker_id broker, std::shared_ptr<const produce_item> item,
                                            net::deadline end);

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace marquee::write_manager
