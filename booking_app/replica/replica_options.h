#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/process_host.h"

namespace marquee::booking {

/// What one replica is configured with. Its keys are described in replica_process.h.
struct replica_options {
  net::process_options process = {.role = "booking_replica", .stop_notice_ms = 100};
  std::vector<std::string> load_balancers = {"127.0.0.1:8080"};
  std::string topic_prefix = "booking";
  std::string id = "r1";
  /// Counts the replacements of this replica: each begins with an empty folder below `data_dir`.
  std::int64_t incarnation = 1;
  std::string data_dir;
  std::int64_t snapshot_records = 100'000;
  std::int64_t self_check_records = 10'000;

  [[nodiscard]] std::string state_folder() const { return data_dir + "/" + std::to_string(incarnation); }
};

}  // namespace marquee::booking
