#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "booking_app/log/booking_topics.h"
#include "booking_app/log/command_feed.h"
#include "booking_app/supervisor/replica_keeper.h"
#include "booking_app/voting/replica_ledger.h"
#include "client/client_options.h"

namespace marquee::booking {

struct supervision_options {
  client::client_options cluster{};
  booking_topics topics{};
  std::int64_t look_ms = 100;
};

/// Reads the ledger from its beginning and looks after the replicas on a thread of its own. Acts only on what
/// it has read up to the end that the log had when it started: else it would repeat replacements of long ago.
/// A ledger that breaks (a hole in the log) ends all acting.
class supervision_loop {
 public:
  /// `keepers` outlive it.
  supervision_loop(supervision_options options, std::vector<std::unique_ptr<replica_keeper>>& keepers,
                   const clock& time);
  ~supervision_loop();
  supervision_loop(const supervision_loop&) = delete;
  supervision_loop& operator=(const supervision_loop&) = delete;

  /// Ends the thread after the step it is in; what is asked afterwards is answered with the last state. May
  /// be called twice.
  void finish();

  // From any thread:
  /// Whether the ledger has been read.
  [[nodiscard]] result<> ready() const;
  /// The answer to GET /replicas.
  [[nodiscard]] std::string report() const;

 private:
  void run();
  /// Makes the topics and learns where the ledger ends at present; false when told to stop.
  bool learn_end();
  void fold(const std::vector<logged_message>& messages);
  void look_at_all(std::int64_t now_ms);
  /// False when told to stop.
  bool pause(std::int64_t duration_ms);

  supervision_options options_;
  std::vector<std::unique_ptr<replica_keeper>>& keepers_;
  const clock& time_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // under the mutex:
  replica_ledger ledger_;
  bool has_changed_ = false;
  std::int64_t next_offset_ = 0;
  std::optional<std::int64_t> end_at_start_{};
  std::string broken_{};
  std::string report_{};
  // of the thread:
  std::unique_ptr<command_feed> feed_{};
  std::thread thread_;
};

}  // namespace marquee::booking
