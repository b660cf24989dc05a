#pragma once

#include <cstdint>

#include "base/clock.h"
#include "broker/topic_catalog.h"
#include "net/event_loop.h"
#include "raft/runtime/raft_host.h"

namespace marquee::broker {

/// Has each partition on this broker look after its retention every `period_ms`, with what the topic's
/// configuration says by then. Replicas whose topic is not known here are left alone: nothing is ever deleted
/// on doubt (DESIGN D7).
///
/// Lives on `loop`, which must end before anything that this refers to.
class retention_loop {
 public:
  retention_loop(net::event_loop& loop, raft::raft_host& host, const topic_catalog& catalog,
                 const clock& time, std::int64_t period_ms)
      : loop_(loop), host_(host), catalog_(catalog), time_(time), period_ms_(period_ms) {}

  /// Once.
  void start();

 private:
  void check_all() const;

  net::event_loop& loop_;
  raft::raft_host& host_;
  const topic_catalog& catalog_;
  const clock& time_;
  std::int64_t period_ms_;
};

}  // namespace marquee::broker
