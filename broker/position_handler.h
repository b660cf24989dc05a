#pragma once

#include <string>

#include "broker/broker_services.h"
#include "broker/partition_access.h"
#include "broker/request_context.h"
#include "kafka/api/find_coordinator.h"
#include "kafka/api/offset_commit.h"
#include "kafka/api/offset_fetch.h"
#include "net/task.h"

namespace marquee::broker {

/// OffsetCommit and OffsetFetch, versions 8 and 9, for our read managers: the table of positions of the
/// consumer's partition of `__consumer_offsets` (DESIGN D12). A foreign client, which sends no claim, and a
/// broker that does not lead that partition answer NOT_COORDINATOR. FindCoordinator, versions 0 to 4, names
/// nobody: groups of foreign clients do not exist yet.
class position_handler {
 public:
  explicit position_handler(broker_services& services) : services_(services) {}
  [[nodiscard]] net::task<kafka::offset_commit_response> handle(kafka::offset_commit_request request,
                                                                request_context context) const;
  [[nodiscard]] net::task<kafka::offset_fetch_response> handle(kafka::offset_fetch_request request,
                                                               request_context context) const;
  [[nodiscard]] net::task<kafka::find_coordinator_response> handle(kafka::find_coordinator_request request,
                                                                   request_context context) const;

 private:
  /// The replica here of the partition that holds a consumer; null if there is none.
  [[nodiscard]] replica_pointer replica_of(const std::string& consumer) const;

  broker_services& services_;
};

}  // namespace marquee::broker
