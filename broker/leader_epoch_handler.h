#pragma once

#include "broker/broker_services.h"
#include "broker/request_context.h"
#include "kafka/api/offset_for_leader_epoch.h"
#include "net/task.h"

namespace marquee::broker {

/// OffsetForLeaderEpoch, versions 2 to 4: where the records of a leader end, asked by consumers after a
/// change of leaders.
class leader_epoch_handler {
 public:
  explicit leader_epoch_handler(broker_services& services) : services_(services) {}
  [[nodiscard]] net::task<kafka::offset_for_leader_epoch_response> handle(
      kafka::offset_for_leader_epoch_request request, request_context context) const;

 private:
  broker_services& services_;
};

}  // namespace marquee::broker
