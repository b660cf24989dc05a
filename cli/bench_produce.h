#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/latency_histogram.h"
#include "client/api_failure.h"
#include "client/client_options.h"

namespace marquee::cli {

struct bench_options {
  client::client_options client;
  std::string topic;
  std::string producer_id;
  std::int64_t connections = 16;
  std::int64_t record_bytes = 1024;
  std::int64_t seconds = 10;
  std::int64_t batch = 1;     ///< records a request
  bool has_sequences = true;  ///< without them nothing is deduplicated, and nothing uncertain is repeated
};

struct bench_figures {
  std::int64_t records = 0;
  std::int64_t elapsed_us = 0;
  std::int64_t repeated_attempts = 0;
  latency_histogram latencies;
  std::optional<client::api_failure> failure;  ///< the first one; it ended the run
};

/// A closed loop: each connection sends its next record when the one before it is acknowledged. Blocks for
/// `seconds`, or until something fails or the user interrupts.
[[nodiscard]] bench_figures run_bench(const bench_options& options);

}  // namespace marquee::cli
