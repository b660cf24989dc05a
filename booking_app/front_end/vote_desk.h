#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "booking_app/voting/replica_judge.h"
#include "booking_app/voting/replica_ledger.h"
#include "booking_app/voting/vote_table.h"

namespace marquee::booking {

struct vote_desk_options {
  std::string by;  ///< signs the entries: "fe-1"
  std::vector<std::string> replicas;
  std::int64_t silence_ms = 3'000;
  std::int64_t heartbeat_ms = 10'000;
};

/// Where votes, rounds of digests and the ledger come together: tells what was decided, and writes down who
/// was wrong or silent. On the front end's loop.
class vote_desk {
 public:
  struct listeners {
    std::function<void(const vote& agreed)> on_decided;
    std::function<void(const answer_id&)> on_hopeless;
    /// A majority has this digest after the offset.
    std::function<void(std::int64_t offset, const std::string& digest)> on_confirmed;
    std::function<void(const ledger_entry&)> write;
  };

  vote_desk(vote_desk_options options, listeners told, const clock& time, metrics_registry& metrics);

  void on_votes(const std::vector<vote>& votes);
  /// What was read of `booking.admin`, in order.
  void on_entries(const std::vector<ledger_entry>& entries);
  void on_status(const status_answer& answer) { judge_.on_status(answer, time_.monotonic_ms()); }
  /// What is known of a round so far: confirms as soon as there is a majority.
  void on_partial_round(std::int64_t offset, const std::vector<status_answer>& answers);
  void on_round(std::int64_t offset, const std::vector<status_answer>& answers);
  /// About every 100 ms. `reading`: the votes can be read.
  void on_time(bool reading);

  [[nodiscard]] const replica_ledger& ledger() const { return ledger_; }

 private:
  void tell(const vote_table::recounted_answer& one);
  void decided(const decision& made);
  void write(const replica_judge::entries& entries);

  vote_desk_options options_;
  listeners told_;
  const clock& time_;
  vote_table table_{{}};
  replica_ledger ledger_;
  replica_judge judge_;
  std::set<std::string> counting_;
  metric_counter& votes_;
  metric_counter& decisions_;
  metric_counter& different_;
  metric_counter& hopeless_;
  metric_counter& entries_;
};

}  // namespace marquee::booking
