#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/process_host.h"

namespace marquee::read_manager {

/// Configuration of a read manager. Its keys are described in read_manager_process.h.
struct read_manager_options {
  /// Every long poll holds a connection.
  net::process_options process{.role = "read_manager", .http = {.max_connections = 16'384}};
  /// Where other managers and load balancers reach this process; empty: http.address:http.port.
  std::string advertised_http;
  std::string postgres_url = "postgresql://127.0.0.1:15432/marquee";
  std::int64_t postgres_timeout_ms = 3'000;
  std::string metadata_copy_file = {};
  std::int64_t request_timeout_ms = 10'000;
  std::int64_t consume_patience_ms = 5'000;  ///< beyond wait_ms, for a partition without leader
  std::int64_t activity_write_ms = 10'000;
  std::int64_t max_consumers = 20'000;
  std::int64_t max_long_polls = 1'024;      ///< connections to one broker that wait there
  std::int64_t read_ahead_bytes = 1 << 20;  ///< per consumer
  std::int64_t total_read_ahead_bytes = 256LL << 20;
  std::int64_t default_max_bytes = 4 << 20;  ///< of one answer
  std::int64_t greatest_max_bytes = 64 << 20;
};

}  // namespace marquee::read_manager
