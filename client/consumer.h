#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "client/api_failure.h"
#include "client/client_options.h"
#include "client/message.h"

namespace marquee::client {

class api_connection;

enum class start_position : std::uint8_t { earliest, latest };

struct consume_limits {
  std::int64_t max_messages = 1;
  std::int64_t max_bytes = 4 << 20;
  std::int64_t wait_ms = 0;  ///< how long the cluster waits when there is nothing to read
};

/// What one consume gave.
struct consumed {
  std::vector<received_message> messages{};
  std::int64_t skipped = 0;  ///< messages that retention removed before they were read
};

/// Reads one topic; blocking. Belongs to one thread at a time. Every consume carries a poll number, so that a
/// lost answer is asked for again and nothing is skipped or given twice.
class consumer {
 public:
  [[nodiscard]] static outcome<consumer> register_at(const client_options& options, const std::string& topic,
                                                     start_position from);
  consumer(const client_options& options, std::string topic, std::string consumer_id);
  consumer(consumer&&) noexcept;
  ~consumer();

  /// Commits what the call before it gave.
  [[nodiscard]] outcome<consumed> consume(const consume_limits& limits);
  /// Messages of the topic that were not read yet.
  [[nodiscard]] outcome<std::int64_t> size();
  /// Deletes the registration.
  [[nodiscard]] outcome<> remove();
  [[nodiscard]] const std::string& id() const { return consumer_id_; }

 private:
  std::unique_ptr<api_connection> connection_;
  std::string topic_;
  std::string consumer_id_;
  std::int64_t poll_ = 0;
};

}  // namespace marquee::client
