#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/endpoint.h"

namespace marquee::cli {

/// One booking of one seat by one client.
struct bench_request {
  std::size_t server = 0;  ///< place in the list of servers
  std::string show_id;
  std::string seat;
  std::string client_id;
  std::string session_id{};  ///< empty: none
  std::int64_t seq = 1;
};

/// What a batch of requests took.
struct bench_result {
  std::int64_t batch_us = 0;                 ///< from the first request to the last answer
  std::vector<std::int64_t> latencies_us{};  ///< of those that were booked
  std::int64_t failed = 0;
  std::string first_failure{};
  std::map<std::string, double> hops_ms{};  ///< sums of Server-Timing by name
};

/// Books seats over keep-alive connections, many at once, from one thread.
class bench_load {
 public:
  /// `most_in_flight` is over all servers together.
  bench_load(std::vector<net::endpoint> servers, std::int64_t most_in_flight);
  ~bench_load();
  bench_load(const bench_load&) = delete;
  bench_load& operator=(const bench_load&) = delete;

  /// Sends the requests of each worker one after the other, and all workers side by side. Every worker's
  /// connection is opened before the time begins to run.
  [[nodiscard]] bench_result run(std::vector<std::vector<bench_request>> workers);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Adds what a Server-Timing header says ("produce;dur=0.4, vote;dur=0.2") to sums by name.
void add_server_timing(std::string_view header, std::map<std::string, double>& sums);

}  // namespace marquee::cli
