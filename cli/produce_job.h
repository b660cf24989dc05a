#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "cli/latency_histogram.h"
#include "cli/progress.h"
#include "cli/record_source.h"
#include "client/api_failure.h"
#include "client/client_options.h"
#include "client/message.h"

namespace marquee::cli {

struct produce_options {
  client::client_options client;
  std::string topic;
  std::string producer_id;
  std::int64_t connections = 16;
  std::optional<std::int32_t> partition;
  std::vector<client::header> headers{};  ///< of every record
};

/// Produces records over several connections at once. Records of one key (or of one partition) go over one
/// connection, one after the other, so that their order stays; the number of a record is its sequence, so
/// that repeated attempts store it once. The first failure stops everything. `add`, `finish` and `figures`
/// belong to one thread; each connection has a thread of its own with a bounded queue.
class produce_job {
 public:
  explicit produce_job(produce_options options);
  ~produce_job();
  produce_job(const produce_job&) = delete;
  produce_job& operator=(const produce_job&) = delete;

  /// Waits while the record's connection has a full queue, at most `patience_ms`. False if it was not taken:
  /// the job has failed, or there was no room in time.
  [[nodiscard]] bool add(input_record& record, std::int64_t patience_ms);
  /// Waits until everything is stored or something failed; `on_wait` is called a few times a second
  /// meanwhile.
  void finish(const std::function<void()>& on_wait);

  [[nodiscard]] bool has_failed();
  [[nodiscard]] std::optional<client::api_failure> failure();
  [[nodiscard]] job_figures figures();
  /// Every record below this number is stored.
  [[nodiscard]] std::int64_t stored_below();
  [[nodiscard]] std::int64_t duplicates();
  [[nodiscard]] std::int64_t repeated_attempts();
  /// The first record that was added has this number: those before it were stored by an earlier run.
  void begin_at(std::int64_t number);

 private:
  struct lane {
    std::deque<input_record> queue;
    std::condition_variable changed;
    std::thread thread;
  };
  static constexpr std::size_t queue_limit = 64;

  void run(lane& own);
  void note_stored(const input_record& record, const client::stored_message& stored, std::int64_t latency_us);
  lane& lane_of(const input_record& record);

  produce_options options_;
  system_clock clock_;
  const std::int64_t started_us_;

  std::mutex mutex_;  ///< everything below
  std::condition_variable progressed_;
  std::vector<std::unique_ptr<lane>> lanes_;
  std::size_t next_lane_ = 0;
  std::size_t running_ = 0;
  bool closed_ = false;
  std::optional<client::api_failure> failure_;
  std::int64_t records_ = 0;
  std::int64_t bytes_ = 0;
  std::int64_t duplicates_ = 0;
  std::int64_t repeated_attempts_ = 0;
  std::int64_t stored_below_ = 0;
  std::set<std::int64_t> stored_above_;  ///< stored, with a gap below
  latency_histogram latencies_;
};

}  // namespace marquee::cli
