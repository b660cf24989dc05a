#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/load/http_operation.h"
#include "benchmarks/load/load_figures.h"
#include "benchmarks/load/load_options.h"
#include "benchmarks/load/load_schedule.h"

namespace marquee::load {

/// Runs an operation over many connections in one thread: as a closed loop (each connection sends its next
/// request when the one before it is answered) or as an open one (requests are due at a fixed rate and wait
/// for a free connection; latency counts from when they were due). A connection whose request failed rests
/// for 10 ms, so that a dead server is not asked a million times.
class http_engine {
 public:
  /// Connections take turns over `targets`.
  http_engine(const load_options& options, const std::vector<http_target>& targets,
              http_operation& operation);
  ~http_engine();

  /// What went wrong with the operation's set-up; empty if nothing did.
  [[nodiscard]] std::string set_up();
  /// Blocks until the load has ended and everything is answered or given up.
  [[nodiscard]] load_figures run(steady::time_point start);

 private:
  struct slot;
  struct resting {
    steady::time_point until;
    std::size_t place;
  };

  void wait_for_events(steady::time_point until);
  void start_request(std::size_t place, steady::time_point due);
  void finish_request(std::size_t place, const http_answer& answer);
  void lose_request(std::size_t place, std::string why);
  void go_on(std::size_t place);
  void start_what_is_due(steady::time_point now);
  void look_at(std::size_t place);
  void give_up_late_ones(steady::time_point now);
  [[nodiscard]] std::string take_set_up_answers(std::size_t first, std::size_t last);

  const load_options& options_;
  http_operation& operation_;
  int epoll_;
  std::vector<std::unique_ptr<slot>> slots_;
  std::vector<std::size_t> ready_;  ///< slots that had an event, or whose state has to be looked at
  std::deque<std::size_t> free_;
  std::deque<resting> resting_;
  std::optional<load_schedule> schedule_;
  std::optional<load_figures> figures_;
  steady::time_point next_check_;
  std::int64_t under_way_ = 0;
};

}  // namespace marquee::load
