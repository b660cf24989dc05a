#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/client_options.h"

namespace marquee::booking {

/// A message of one partition, with its bytes. A tombstone has none.
struct logged_message {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  std::int32_t partition = 0;
  std::string value{};
};

enum class feed_start : std::uint8_t { at_offset, at_end };

struct feed_options {
  std::string topic{};
  feed_start start = feed_start::at_offset;
  std::int64_t first_offset = 0;  ///< of partition 0; for `at_offset`. Other partitions: what is oldest there
  std::int64_t most_messages = 2'000;
  std::int64_t wait_ms = 10'000;
  /// Offsets of a topic with one partition are dense: a hole ends the process of whoever relies on them.
  bool dense = true;
  /// How long an offset may lie behind the end of the log before the log counts as another one: a leader that
  /// was just elected may not know yet how far it is committed.
  std::int64_t patience_ms = 15'000;
};

/// Reads a topic for ever on a thread of its own, from an offset or from its end, through the public HTTP
/// API. What fails is tried again; a consumer that the cluster forgot is registered anew at the next offset;
/// a topic that does not exist is waited for. Nothing is given twice and, if `dense`, nothing is skipped: a
/// hole (retention), a log that ends before the offset, or a topic made anew is reported through `on_broken`,
/// once, and ends the feed. Logs when it loses the cluster and when it has it back, not each attempt.
class command_feed {
 public:
  /// Called on the feed's thread with at least one message; of each partition in the order of offsets. Not
  /// called again before it has returned: whoever cannot keep up blocks here, which bounds what waits.
  using sink = std::function<void(std::vector<logged_message>)>;

  command_feed(marquee::client::client_options cluster, feed_options options, sink on_messages,
               std::function<void(const std::string& why)> on_broken);
  ~command_feed();
  command_feed(const command_feed&) = delete;
  command_feed& operator=(const command_feed&) = delete;

  /// Ends the long poll, joins the thread and deletes the registration if the cluster answers within half a
  /// second; the destructor does so, too. A sink that blocks must have been released before.
  void stop();
  /// Whether the last attempt reached the cluster. From any thread.
  [[nodiscard]] bool connected() const;
  /// Whether the place to begin at is known and registered. A feed `at_end` gives every message that is
  /// stored after this became true, also after it had to register again; what is stored before it may or may
  /// not come. So whoever waits for answers to what he sends looks here first. From any thread.
  [[nodiscard]] bool positioned() const;
  /// What it waits for; empty while it is connected. From any thread.
  [[nodiscard]] std::string problem() const;
  /// How long ago the feed had read all there was, as far as it can tell: what a sink is given was stored
  /// since then. Nothing before that. On the feed's thread.
  [[nodiscard]] std::optional<std::int64_t> ms_since_end() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace marquee::booking
