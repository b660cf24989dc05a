#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "write_manager/manager_context.h"
#include "write_manager/topic_config_policy.h"

namespace marquee::write_manager {

struct topic_wish {
  std::string name;
  std::int32_t partitions = 1;
  std::int32_t replication_factor = 3;
  topic_config config{};
  bool internal = false;
};

/// Makes topics: placement, the row in PostgreSQL (before any broker hears of it, DESIGN D9), then waits
/// until every partition has a leader. Any write manager may do it; telling the brokers is the controller's
/// part. On the manager's loop.
class topic_creator {
 public:
  explicit topic_creator(manager_context& context) : context_(context) {}

  /// Writes the row. Errors: TOPIC_EXISTS, NOT_ENOUGH_BROKERS, METADATA_UNAVAILABLE.
  [[nodiscard]] net::task<api_result<db::topic_row>> create(topic_wish wish, net::deadline end);
  /// For a producer that names a topic which does not exist: one partition, grows by itself later. Leaders
  /// are not waited for. Another manager may be quicker: then its topic is given.
  [[nodiscard]] net::task<api_result<db::topic_pointer>> create_for_producer(std::string name,
                                                                             net::deadline end);
  [[nodiscard]] net::task<api_result<db::topic_row>> create_internal(std::string name,
                                                                     std::int32_t partitions,
                                                                     std::int32_t replication_factor);
  /// True when every partition has a leader, as far as brokers tell; false if that takes longer.
  [[nodiscard]] net::task<bool> wait_for_leaders(db::topic_row topic, net::deadline end);

 private:
  manager_context& context_;
};

}  // namespace marquee::write_manager
