#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/latency_histogram.h"
#include "client/api_failure.h"
#include "client/client_options.h"

namespace marquee::cli {

struct bench_consume_options {
  client::client_options client;
  std::string topic;
  std::int64_t consumers = 4;
  std::int64_t max_messages = 1'000;
  std::int64_t seconds = 10;
};

struct bench_consume_figures {
  std::int64_t records = 0;
  std::int64_t bytes = 0;
  std::int64_t elapsed_us = 0;
  std::int64_t repeated_attempts = 0;
  latency_histogram latencies;                 ///< of requests
  std::optional<client::api_failure> failure;  ///< the first one; it ended the run
};

/// Several consumers that each read the whole topic from its start, and from the start again when they have
/// reached the end. Blocks for `seconds`, or until something fails or the user interrupts. Deletes its
/// consumers.
[[nodiscard]] bench_consume_figures run_bench_consume(const bench_consume_options& options);

}  // namespace marquee::cli
