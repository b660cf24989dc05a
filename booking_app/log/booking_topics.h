#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "client/api_failure.h"
#include "client/client_options.h"

namespace marquee::booking {

/// The topics of one booking application. The prefix keeps several applications on one cluster apart, and
/// tests from each other; it is "booking" unless configured.
struct booking_topics {
  std::string prefix = "booking";

  [[nodiscard]] std::string commands() const { return prefix + ".cmd"; }
  [[nodiscard]] std::string replies() const { return prefix + ".reply"; }
  [[nodiscard]] std::string events() const { return prefix + ".event"; }
  [[nodiscard]] std::string admin() const { return prefix + ".admin"; }
  [[nodiscard]] std::string dead_letters() const { return prefix + ".dlq"; }
};

/// How many front ends there can be: each reads one partition of the replies.
inline constexpr std::int32_t reply_partitions = 16;

/// Creates what is missing, with the settings of booking-rules section 1 (commands and admin: one partition,
/// never grown, kept for ever, broker's timestamps). Many processes may do so at once. Blocks; tries again
/// until it works or `is_cancelled`; what it waits for is logged once. What exists with other settings than
/// the log relies on (partitions, timestamps, retention) is a failure that names topic and setting.
[[nodiscard]] marquee::client::outcome<> ensure_topics(const marquee::client::client_options& options,
                                                       const booking_topics& topics,
                                                       const std::function<bool()>& is_cancelled);

}  // namespace marquee::booking
