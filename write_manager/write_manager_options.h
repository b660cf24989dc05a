#pragma once

#include <cstdint>
#include <string>

#include "net/process_host.h"
#include "write_manager/broker_health.h"
#include "write_manager/leader_spread.h"
#include "write_manager/message_limits.h"

namespace marquee::write_manager {

struct write_manager_options {
  net::process_options process{.role = "write_manager"};
  std::string postgres_url = "postgresql://127.0.0.1:15432/marquee";
  std::int64_t postgres_threads = 2;
  std::int64_t postgres_timeout_ms = 3'000;
  std::string metadata_copy_file = {};
  std::int64_t request_timeout_ms = 10'000;
  std::int64_t create_wait_ms = 5'000;
  std::int64_t offsets_partitions = 16;
  std::int64_t internal_replication_factor = 3;
  std::int64_t default_replication_factor = 3;
  std::int64_t partitions_most = 1'000;  ///< of one topic
  broker_health_options health{};
  leader_spread_options leader_spread{};
  std::int64_t activity_write_ms = 10'000;
  std::int64_t activity_silent_ms = 600'000;
  std::int64_t produce_requests_in_flight = 4;
  std::int64_t produce_joining_bytes = 64 << 10;
  std::int64_t produce_queue_bytes = 128LL << 20;
  message_limits limits{};
};

}  // namespace marquee::write_manager
