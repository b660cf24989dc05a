#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client/api_failure.h"
#include "client/client_options.h"
#include "client/message.h"

namespace marquee::booking {

struct writer_options {
  std::string topic{};
  std::size_t most_waiting_messages = 20'000;
  std::size_t most_waiting_bytes = std::size_t{64} << 20;
  /// How long the destructor waits for what was accepted to be stored.
  std::int64_t closing_ms = 1'000;
};

/// Writes to a topic in the background, in the order of `write`: what came while the last request was under
/// way goes out as the next one. Registers its producer by itself, as soon as the cluster can be reached and
/// the topic exists, and again if the cluster has forgotten it. Every message carries a sequence, so that
/// attempts store it once. What waited for `client_options::deadline_ms` without having been sent is given
/// up (TIMED_OUT, definite). From any thread.
class topic_writer {
 public:
  /// Called on the writer's thread, once for each accepted message; must be quick. A failure with outcome
  /// `unknown` may still be stored.
  using callback = std::function<void(const marquee::client::outcome<marquee::client::stored_message>&)>;

  topic_writer(marquee::client::client_options cluster, writer_options options);
  /// Answers everything that was accepted: what cannot be stored in `closing_ms`, with CANCELLED.
  ~topic_writer();
  topic_writer(const topic_writer&) = delete;
  topic_writer& operator=(const topic_writer&) = delete;

  /// False if there is no room: the message was not taken and the callback will not be called. `on_done` may
  /// be empty.
  [[nodiscard]] bool write(std::string value, std::optional<std::int32_t> partition, callback on_done);
  /// Messages that were accepted and not answered.
  [[nodiscard]] std::size_t waiting() const;
  /// Whether the last attempt reached the cluster.
  [[nodiscard]] bool connected() const;
  /// What it waits for; empty while it is connected.
  [[nodiscard]] std::string problem() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace marquee::booking
