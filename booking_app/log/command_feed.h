#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/client_options.h"

namespace marquee::booking {

/// A message of one partition, with its bytes.
struct logged_message {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  std::int32_t partition = 0;
  std::string value{};
};

enum class feed_start : std::uint8_t { at_offset, at_end };

struct feed_options {
  std::string topic;
  feed_start start = feed_start::at_offset;
  std::int64_t first_offset = 0;  ///< of partition 0; for `at_offset`
  std::int64_t most_messages = 2'000;
  std::int64_t wait_ms = 10'000;
  /// Offsets of a topic with one partition are dense: a hole ends the process of whoever relies on them.
  bool dense = true;
};

/// Reads a topic for ever on a thread of its own, from an offset or from its end, through the public HTTP
/// API. What fails is tried again; a consumer that the cluster forgot is registered anew at the next offset.
/// Nothing is given twice and, if `dense`, nothing is skipped: a hole (retention, a topic made anew) is
/// reported through `on_broken`, once, and ends the feed. Logs when it loses the cluster and when it has it
/// back, not each attempt.
class command_feed {
 public:
  /// Called on the feed's thread with at least one message, in the order of offsets. Not called again before
  /// it has returned: whoever cannot keep up blocks here, which bounds what waits.
  using sink = std::function<void(std::vector<logged_message>)>;

  command_feed(client::client_options cluster, feed_options options, sink on_messages,
               std::function<void(const std::string& why)> on_broken);
  /// Ends the long poll and joins the thread. A sink that blocks must have been released before.
  ~command_feed();
  command_feed(const command_feed&) = delete;
  command_feed& operator=(const command_feed&) = delete;

  /// Whether the last attempt reached the cluster. From any thread.
  [[nodiscard]] bool connected() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace marquee::booking
