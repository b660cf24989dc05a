#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"
#include "kafka/api/list_offsets.h"
#include "kafka/cluster_client.h"
#include "net/deadline.h"
#include "net/task.h"
#include "read_manager/consumer_session.h"

namespace marquee::read_manager {

/// A topic and some of its partitions.
struct partition_set {
  std::string topic;
  uuid topic_id;
  std::vector<std::int32_t> partitions;
};

/// Where logs begin and end, asked of their leaders through ListOffsets, which answers the end behind a read
/// barrier. Tries again at leader changes until the deadline. Belongs to one loop.
class offset_client {
 public:
  offset_client(net::event_loop& loop, kafka::cluster_client& cluster) : loop_(loop), cluster_(cluster) {}

  /// The offset for `timestamp` (milliseconds, or latest_timestamp or earliest_timestamp) in each partition;
  /// -1 where no record is that young. Asks all partitions at the same time. Errors: unavailable when one of
  /// them has no answer.
  [[nodiscard]] net::task<result<position_map>> offsets(partition_set of, std::int64_t timestamp,
                                                        net::deadline end);
  /// As far as leaders answered until the deadline: partitions that did not are missing.
  [[nodiscard]] net::task<position_map> offsets_as_far_as_known(partition_set of, std::int64_t timestamp,
                                                                net::deadline end);

 private:
  struct gathering;
  [[nodiscard]] static net::task<result<std::int64_t>> ask_one(kafka::cluster_client& cluster,
                                                               std::string topic, group_id partition,
                                                               std::int64_t timestamp, net::deadline end);
  [[nodiscard]] net::task<std::shared_ptr<gathering>> gather(partition_set of, std::int64_t timestamp,
                                                             net::deadline end);

  net::event_loop& loop_;
  kafka::cluster_client& cluster_;
};

}  // namespace marquee::read_manager
