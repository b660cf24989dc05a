#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "load_balancer/manager_table.h"
#include "net/process_host.h"

namespace marquee::load_balancer {

struct load_balancer_options {
  load_balancer_options();

  net::process_options process;
  std::vector<std::string> write_managers;  ///< "host:port" each
  std::vector<std::string> read_managers;
  std::vector<std::string> booking_front_ends;
  std::int64_t health_interval_ms = 250;
  std::int64_t health_timeout_ms = 800;
  std::int64_t discovery_interval_ms = 2'000;
  std::int64_t request_timeout_ms = 15'000;  ///< more than a manager's own (10 s), less than a client's
  std::int64_t consume_timeout_ms = 8'000;   ///< beyond its wait_ms; more than a manager's patience (5 s)
  std::int64_t booking_timeout_ms = 45'000;  ///< a long poll of 30 s, and 10 s until a front end gives up
  std::int64_t max_attempts = 3;
  std::int64_t kept_body_bytes = 256 * 1024;  ///< larger bodies are never sent twice
  std::int64_t connections_per_manager = 8'192;
  std::int64_t waiting_per_manager = 1'024;
  std::int64_t writes_most = 2'048;  ///< under way at once; beyond it 503 OVERLOADED
};

void describe(config_schema& schema, load_balancer_options& options);

/// The configured managers. Errors: invalid_argument (names the entry).
[[nodiscard]] result<manager_table> configured_managers(const load_balancer_options& options);

}  // namespace marquee::load_balancer
