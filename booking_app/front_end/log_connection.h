#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "booking_app/front_end/feed_gate.h"
#include "booking_app/front_end/front_end_options.h"
#include "booking_app/front_end/log_submission.h"
#include "booking_app/front_end/loop_inbox.h"
#include "booking_app/log/booking_topics.h"
#include "booking_app/log/command_feed.h"
#include "booking_app/log/topic_writer.h"
#include "booking_app/voting/ledger_entry.h"
#include "booking_app/voting/vote.h"
#include "net/event_loop.h"

namespace marquee::booking {

/// All that a front end reads from and writes to the topics, brought to its loop. Each feed and each writer
/// has a thread of its own; votes and entries are decoded there. Made and destroyed on any thread but the
/// loop's.
class log_connection {
 public:
  struct listeners {
    std::function<void(std::vector<logged_message>)> on_records;
    std::function<void(const std::vector<vote>&)> on_votes;
    std::function<void(const std::vector<ledger_entry>&)> on_entries;
    /// The log is not what it was: this process cannot go on. On a feed's thread.
    std::function<void(const std::string& why)> on_broken;
  };

  log_connection(const front_end_options& options, net::event_loop& loop, listeners told,
                 metrics_registry& metrics);
  ~log_connection();

  /// Begins to read: commands from this offset on. Creates topics that are missing.
  void start(std::int64_t first_offset);
  /// Ends all threads; nothing is told afterwards. Not on the loop.
  void stop();

  /// On the loop. `on_done` is called on the loop.
  [[nodiscard]] bool append(std::string record, std::function<void(append_result)> on_done);
  void write(const ledger_entry& entry);
  /// How many bytes of records wait on the loop: holds the feed up.
  void set_waiting_bytes(std::size_t bytes) { gate_.set_waiting(bytes); }

  /// What is missing, for people; empty if everything is there.
  [[nodiscard]] std::string missing() const;
  [[nodiscard]] bool reads_votes() const { return replies_ && replies_->connected(); }

 private:
  struct appended {
    std::function<void(append_result)> on_done;
    append_result how;
  };
  [[nodiscard]] marquee::client::client_options cluster(std::int64_t deadline_ms) const;
  void take_votes(std::vector<logged_message> messages);
  void take_entries(std::vector<logged_message> messages);

  const front_end_options& options_;
  booking_topics topics_;
  listeners told_;
  metric_counter& undecodable_;
  feed_gate gate_{std::size_t{64} << 20};
  loop_inbox<std::vector<logged_message>> records_in_;
  loop_inbox<vote> votes_in_;
  loop_inbox<ledger_entry> entries_in_;
  loop_inbox<appended> appended_in_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> topics_exist_ = false;
  std::thread topic_maker_;
  std::unique_ptr<topic_writer> command_writer_;
  std::unique_ptr<topic_writer> admin_writer_;
  std::unique_ptr<command_feed> admin_;
  std::unique_ptr<command_feed> commands_;
  std::unique_ptr<command_feed> replies_;
};

}  // namespace marquee::booking
