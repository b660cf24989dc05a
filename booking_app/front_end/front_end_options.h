#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/endpoint.h"
#include "net/process_host.h"

namespace marquee::booking {

/// What one front end is configured with.
struct front_end_options {
  net::process_options process = {.role = "booking_front_end"};
  std::vector<std::string> load_balancers = {"127.0.0.1:8080"};
  std::string topic_prefix = "booking";
  std::int64_t number = 1;  ///< reads partition `number` - 1 of the replies
  std::string data_dir;
  std::vector<std::string> replicas;  ///< "r1=host:port"
  std::int64_t silence_ms = 3'000;
  std::int64_t heartbeat_ms = 10'000;
  std::int64_t give_up_ms = 10'000;
  std::int64_t tick_ms = 250;
  std::int64_t most_commands = 20'000;
  std::int64_t snapshot_records = 100'000;

  /// How the replicas address this front end.
  [[nodiscard]] std::string reply_to() const { return "fe-" + std::to_string(number); }
  /// As it signs entries of `booking.admin`.
  [[nodiscard]] std::string component() const { return process.component(); }
};

/// Reads "r1=host:port" items. Errors: invalid_argument (form, a name given twice, none at all).
[[nodiscard]] result<std::map<std::string, net::endpoint>> parse_replicas(
    const std::vector<std::string>& items);

}  // namespace marquee::booking
