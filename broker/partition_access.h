#pragma once

#include <memory>
#include <utility>

#include "broker/partition.h"
#include "net/event_loop.h"
#include "net/future.h"
#include "raft/runtime/replica.h"

namespace marquee::broker {

using replica_pointer = std::shared_ptr<raft::replica>;

/// The partition of a replica. On its thread only.
[[nodiscard]] inline partition& partition_of(const replica_pointer& replica) {
  return static_cast<partition&>(replica->machine());
}

/// Runs `work(partition&)` on the partition's thread: at once if the caller is on it, so that calls of one
/// caller keep their order.
template <class Work>
void run_on_partition(const replica_pointer& replica, Work work) {
  if (replica->loop().on_this_thread()) return work(partition_of(replica));
  replica->loop().post([replica, work = std::move(work)]() mutable { work(partition_of(replica)); });
}

/// Asks a partition that answers by callback: `start(partition&, promise)` sets the promise, now or later.
template <class T, class Start>
[[nodiscard]] net::future<T> ask_partition(const replica_pointer& replica, Start start) {
  const net::promise<T> answer;
  net::future<T> coming = answer.get_future();
  run_on_partition(replica, [start = std::move(start), answer](partition& served) { start(served, answer); });
  return coming;
}

}  // namespace marquee::broker
