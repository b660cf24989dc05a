#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/metrics.h"
#include "booking_app/front_end/history.h"
#include "booking_app/log/stoppable_thread.h"
#include "client/client_options.h"
#include "client/producer.h"

namespace marquee::booking {

/// Writes one kind of messages of the history (events, or dead letters) to its topic, for third parties. All
/// front ends do so under one shared producer id, each message with its command's offset as sequence and
/// equal bytes: the log stores one, whoever comes first. The history is the queue: it is bounded by the disk,
/// is there after a restart, and nothing waits for it. Goes on behind the newest message that is stored, in
/// the order of offsets, and only behind what is stored. Has a thread of its own.
class event_publisher {
 public:
  struct options {
    marquee::client::client_options cluster{};
    std::string topic{};
    history_kind kind = history_kind::events;
    std::int64_t pause_ms = 1'000;  ///< after a failure
    /// So long it leaves what is new to other front ends, and looks what they have stored before it writes:
    /// else each would write everything. 0 for the first one.
    std::int64_t hold_back_ms = 0;
    /// Pauses in which the history may come to know what is stored already.
    int most_waits_for_history = 60;
  };

  /// Before the first record is added to the history, which must outlive it but for its listeners.
  event_publisher(options wanted, history& past, metrics_registry& metrics);
  ~event_publisher();
  event_publisher(const event_publisher&) = delete;
  event_publisher& operator=(const event_publisher&) = delete;

  /// Begins to publish under this id; a second time changes nothing. From one thread.
  void start(std::string producer_id);
  /// Newest offset that is known to be stored; -1 at first.
  [[nodiscard]] std::int64_t published() const { return published_; }

 private:
  void run(const std::string& producer_id);
  bool find_position();
  bool publish_page(marquee::client::producer& sender);
  /// Messages of consecutive offsets: one request.
  bool publish_run(marquee::client::producer& sender, std::span<const history_entry> run);
  [[nodiscard]] bool is_ours(const std::string& message);
  void note_failure(const marquee::client::api_failure& failure);

  /// Set by the history's thread, which may outlive the publisher.
  struct wake_up;

  options options_;
  history& past_;
  metric_gauge& published_offset_;
  metric_counter& refused_;
  const std::shared_ptr<marquee::client::interruption> stopper_;
  const std::shared_ptr<wake_up> wake_up_;
  std::atomic<std::int64_t> published_ = -1;
  std::int64_t next_offset_ = 0;  ///< on the thread, as are the next three
  std::string last_problem_;
  bool is_ahead_ = false;  ///< something is stored of which the history does not know yet
  int waits_for_history_ = 0;
  bool started_ = false;
  stoppable_thread thread_;
};

}  // namespace marquee::booking
