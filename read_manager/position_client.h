#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "kafka/api/offset_commit.h"
#include "kafka/api/offset_fetch.h"
#include "kafka/cluster_client.h"
#include "net/deadline.h"
#include "net/task.h"
#include "read_manager/ownership.h"

namespace marquee::read_manager {

/// What a command did to a consumer's record.
struct command_outcome {
  kafka::kafka_error error = kafka::kafka_error::none;  ///< none, illegal_generation or unknown_member_id
  std::int32_t epoch = 0;                               ///< afterwards
  std::string owner;
};

/// Which consumer, of which topic.
struct consumer_reference {
  std::string id;
  std::string topic;  ///< its name now
  uuid topic_id;
};

/// Ownership and positions of consumers in `__consumer_offsets` (DESIGN D12), through OffsetCommit and
/// OffsetFetch at the leader of the consumer's partition. Every command may be repeated without harm, so
/// connection errors and leader changes are met by trying again until the deadline. Errors of all functions:
/// unavailable (no leader, no answer until the deadline), internal (a broker answers what it should not).
/// Belongs to one loop.
class position_client {
 public:
  static constexpr const char* offsets_topic = "__consumer_offsets";

  /// `self` is this manager's "host:port".
  position_client(kafka::cluster_client& cluster, std::string self)
      : cluster_(cluster), self_(std::move(self)) {}

  [[nodiscard]] net::task<result<consumer_record>> read(std::string consumer_id, net::deadline end);
  [[nodiscard]] net::task<result<command_outcome>> register_consumer(consumer_reference consumer,
                                                                     position_map start, net::deadline end);
  /// Succeeds if the epoch is still `expected_epoch`; then it is one higher and this manager is the owner.
  [[nodiscard]] net::task<result<command_outcome>> claim(consumer_reference consumer,
                                                         std::int32_t expected_epoch, net::deadline end);
  [[nodiscard]] net::task<result<command_outcome>> commit(consumer_reference consumer, std::int32_t epoch,
                                                          position_map positions, net::deadline end);
  [[nodiscard]] net::task<result<command_outcome>> remove(consumer_reference consumer, net::deadline end);

  [[nodiscard]] const std::string& self() const { return self_; }
  void set_self(std::string self) { self_ = std::move(self); }

 private:
  struct place {
    group_id partition;
    broker_id leader;
  };
  [[nodiscard]] net::task<result<place>> find_place(std::string consumer_id, net::deadline end);
  [[nodiscard]] net::task<result<command_outcome>> run(consumer_reference consumer,
                                                       kafka::marquee_claim claim, position_map positions,
                                                       net::deadline end);

  kafka::cluster_client& cluster_;
  std::string self_;
};

}  // namespace marquee::read_manager
