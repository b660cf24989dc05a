#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/api_failure.h"
#include "client/client_options.h"
#include "client/message.h"

namespace marquee::client {

class api_connection;

/// Stores messages in one topic; blocking. Belongs to one thread at a time: several producers of one id may
/// work beside each other, with sequences that do not overlap. Every message has a sequence, which the
/// producer counts up unless it is told: attempts are repeated with it until `client_options::deadline_ms`,
/// and the message is stored once. Messages of one partition are stored in the order of the calls, and of a
/// batch in its order, unless one fails for good.
class producer {
 public:
  /// Asks for a producer id; makes the topic if it does not exist.
  [[nodiscard]] static outcome<producer> register_at(const client_options& options, const std::string& topic);

  /// For an id of an earlier registration; `next_sequence` must be above every sequence that was used with
  /// it.
  producer(const client_options& options, std::string topic, std::string producer_id,
           std::int64_t next_sequence = 0);
  producer(producer&&) noexcept;
  producer& operator=(producer&&) noexcept;
  ~producer();

  /// With the next sequence.
  [[nodiscard]] outcome<stored_message> produce(const message& what);
  /// With the next sequences; one result for each message, in order. What failed on its own and may be tried
  /// again is tried again with its own sequence. When a message cannot be stored before the deadline, those
  /// of later requests are not sent (NOT_ATTEMPTED), so that nothing overtakes it.
  [[nodiscard]] std::vector<outcome<stored_message>> produce(std::span<const message> batch);

  /// With a sequence of the caller's choice, which leaves `next_sequence` as it is; the same one again after
  /// a failure stores the message once. Without one it is repeated only if it certainly had no effect.
  [[nodiscard]] outcome<stored_message> produce(const message& what, std::optional<std::int64_t> sequence);
  /// A batch with consecutive sequences from `first_sequence` on.
  [[nodiscard]] std::vector<outcome<stored_message>> produce_from(std::int64_t first_sequence,
                                                                  std::span<const message> batch);

  [[nodiscard]] const std::string& id() const { return producer_id_; }
  [[nodiscard]] std::int64_t next_sequence() const { return next_sequence_; }
  /// Attempts beyond the first, of all calls so far.
  [[nodiscard]] std::int64_t repeated_attempts() const;

 private:
  std::unique_ptr<api_connection> connection_;
  std::string topic_;
  std::string producer_id_;
  std::int64_t next_sequence_ = 0;
};

}  // namespace marquee::client
