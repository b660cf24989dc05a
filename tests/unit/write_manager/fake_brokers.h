#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "net/wake_point.h"
#include "write_manager/broker_link.h"

namespace marquee::write_manager {

/// Brokers that a test scripts. Every request and answer goes through the wire codecs. On the test's loop.
class fake_brokers final : public broker_link {
 public:
  using outcome = kafka::call_outcome<kafka::produce_response>;

  /// What a broker answers; by default it stores everything at offset 0.
  std::function<outcome(broker_id, const kafka::produce_request&)> answer =
      [](broker_id, const kafka::produce_request& request) {
        return outcome{stored(request, 0), kafka::delivery::maybe_sent};
      };
  broker_id leader{1};
  /// While true, requests wait.
  bool held = false;
  /// Requests with this partition wait.
  std::int32_t held_partition = -1;
  net::wake_point released;
  std::vector<kafka::produce_request> requests;
  int not_leader_notes = 0;

  /// An answer that stores each batch of each partition from `base_offset` on.
  static kafka::produce_response stored(const kafka::produce_request& request, std::int64_t base_offset);
  /// An answer with the same error for every partition.
  static kafka::produce_response refused(const kafka::produce_request& request, kafka::kafka_error error,
                                         kafka::marquee_produce_result::outcome_kind kind);

  void release() {
    held = false;
    released.wake_all();
  }

  net::task<result<broker_id>> leader_of(std::string, group_id, net::deadline) override { co_return leader; }
  void note_not_leader(const group_id&, broker_id, std::optional<kafka::leader_hint> hint) override {
    ++not_leader_notes;
    if (hint) leader = broker_id(hint->leader_id);
  }
  net::task<outcome> produce(broker_id broker, kafka::produce_request request, net::deadline end) override;
};

}  // namespace marquee::write_manager
