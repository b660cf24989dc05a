#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "kafka/api/fetch.h"
#include "kafka/cluster_client.h"
#include "net/task.h"
#include "read_manager/offset_client.h"
#include "read_manager/owned_consumer.h"

namespace marquee {
class metric_counter;
}

namespace marquee::read_manager {

/// Whether a fetch waits at the broker when there is nothing.
enum class fetch_kind : std::uint8_t { quick, long_poll };

/// Fills the sessions of owned consumers from the leaders of their partitions: one Fetch per leader for all
/// partitions that have room. Answers go into the session whenever they come; failures are noted in the
/// consumer's traffic and met with a growing pause, new metadata and another try, for as long as somebody
/// asks. Belongs to the manager's loop.
class consumer_fetcher {
 public:
  consumer_fetcher(net::event_loop& loop, kafka::cluster_client& cluster, offset_client& offsets,
                   metric_counter& fetches)
      : loop_(loop), cluster_(cluster), offsets_(offsets), fetches_(fetches) {}

  /// Asks for partitions whose logs have more, or may have because they have not answered since
  /// `silent_since_us`. Starts only what is not under way yet and never waits; `consumer->changed` is woken
  /// at every answer.
  void start_quick(const consumer_pointer& consumer, std::size_t limit_bytes,
                   std::int64_t silent_since_us = 0);
  /// Waits at the brokers, for up to `wait_ms`, for more in partitions that were read to their end.
  void start_long_polls(const consumer_pointer& consumer, std::size_t limit_bytes, std::int64_t wait_ms);

 private:
  struct job {
    consumer_pointer consumer;
    fetch_kind kind = fetch_kind::quick;
    std::size_t limit_bytes = 0;
    std::int64_t wait_ms = 0;
    std::vector<fetch_wish> wishes;
  };
  void start(job work);
  net::task<void> fetch_from(broker_id leader, job work);
  net::task<void> find_leaders(job work);
  [[nodiscard]] net::task<kafka::call_outcome<kafka::fetch_response>> call(broker_id leader, const job& work);
  [[nodiscard]] net::task<> settle_range(consumer_pointer consumer, fetch_wish asked);
  /// Takes one partition's answer in. False if it was an error.
  [[nodiscard]] net::task<bool> take_in(broker_id leader, const job& work,
                                        const kafka::fetch_response::partition& answer);
  [[nodiscard]] net::task<> pause_and_close(job work, bool failed);

  net::event_loop& loop_;
  kafka::cluster_client& cluster_;
  offset_client& offsets_;
  metric_counter& fetches_;
};

}  // namespace marquee::read_manager
