#pragma once

#include <cstdint>
#include <deque>
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

enum class start_position : std::uint8_t { earliest, latest };

/// When what was read counts as read: `automatic` at the next consume, `manual` at `commit`.
enum class commit_mode : std::uint8_t { automatic, manual };

struct consume_limits {
  std::int64_t max_messages = 1;
  std::int64_t max_bytes = 4 << 20;
  std::int64_t wait_ms = 0;  ///< how long the cluster waits when there is nothing to read
  commit_mode commit = commit_mode::automatic;
};

/// What one consume gave.
struct consumed {
  std::vector<received_message> messages{};
  std::int64_t skipped = 0;  ///< messages that retention removed before they were read
};

/// The next offset to be read.
struct partition_position {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t lag = 0;  ///< messages behind it; only in answers
};

/// Reads one topic; blocking. Belongs to one thread at a time. Every consume carries a poll number, which the
/// consumer counts: an answer that was lost is asked for again with the same number, nothing is skipped or
/// given twice. After a failure the next call asks with the same number, too, and gets what the failed one
/// would have got.
class consumer {
 public:
  [[nodiscard]] static outcome<consumer> register_at(const client_options& options, const std::string& topic,
                                                     start_position from,
                                                     const std::optional<std::string>& group = std::nullopt);
  /// For an id of an earlier registration. Its poll numbers begin with the time in milliseconds, above those
  /// that a consumer object of that id can have reached before. `topic` may be empty unless `consume`, `next`
  /// or `size` is called.
  consumer(const client_options& options, std::string topic, std::string consumer_id);
  consumer(consumer&&) noexcept;
  consumer& operator=(consumer&&) noexcept;
  ~consumer();

  /// Commits what the call before it gave, unless `limits.commit` is manual.
  [[nodiscard]] outcome<consumed> consume(const consume_limits& limits);
  /// Message by message: gives the next one of the last consume, and consumes with `limits` when it is used
  /// up. Nothing if there was nothing to read within `limits.wait_ms`. Not to be mixed with `consume`.
  [[nodiscard]] outcome<std::optional<received_message>> next(const consume_limits& limits);
  [[nodiscard]] outcome<> commit(std::span<const partition_position> positions);
  /// These set the reading position and commit it.
  [[nodiscard]] outcome<> seek(start_position to);
  [[nodiscard]] outcome<> seek_to_timestamp(std::int64_t timestamp_ms);
  [[nodiscard]] outcome<> seek(std::span<const partition_position> positions);
  /// Messages that were not read yet.
  [[nodiscard]] outcome<std::int64_t> size();
  /// The cluster's own JSON text: topic, group, committed positions, lag.
  [[nodiscard]] outcome<std::string> describe();
  [[nodiscard]] outcome<std::vector<partition_position>> positions();
  /// Deletes the registration.
  [[nodiscard]] outcome<> remove();
  [[nodiscard]] const std::string& id() const { return consumer_id_; }
  /// Attempts beyond the first, of all calls so far.
  [[nodiscard]] std::int64_t repeated_attempts() const;

 private:
  consumer(const client_options& options, std::string topic, std::string consumer_id,
           std::int64_t first_poll);

  std::unique_ptr<api_connection> connection_;
  std::string topic_;
  std::string consumer_id_;
  std::int64_t poll_ = 0;
  std::deque<received_message> buffered_;  ///< what `next` has not given yet
};

}  // namespace marquee::client
