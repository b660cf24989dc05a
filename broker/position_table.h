#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <unordered_map>

#include "base/byte_codec.h"
#include "base/result.h"
#include "broker/position_command.h"

namespace marquee::broker {

/// One consumer, as the log of its partition of `__consumer_offsets` says.
struct consumer_state {
  uuid topic_id{};
  std::int32_t epoch = 0;  ///< 0: never owned
  std::string owner;       ///< "host:port" of the manager that took epoch `epoch`
  std::int32_t partitions_seen = 0;
  std::map<std::int32_t, std::int64_t> positions;

  bool operator==(const consumer_state&) const = default;
};

/// The consumers of one partition of `__consumer_offsets`: who owns them and where they read (DESIGN D12).
///
/// A pure state machine: the same commands in the same order give the same table and the same results, on
/// every replica. No clock: ownership changes by compare-and-set of the epoch alone. Owned by the
/// partition's state, on the partition's thread.
class position_table {
 public:
  /// Deleted consumers are remembered, so that deleting twice is told from never having been; the oldest
  /// marks go beyond this many.
  static constexpr std::size_t deleted_most = 100'000;

  /// Errors in the result:
  /// - unknown_member_id: no such consumer, or it was deleted (a second delete succeeds);
  /// - illegal_generation: the consumer's epoch is another one; it stands in the result with its owner.
  /// A claim that was done before, by the same owner from the same epoch, succeeds again without effect, and
  /// so does registering a consumer again for the same topic: retries are harmless.
  position_result apply(const position_command& command);

  /// Null if there is no such consumer, or if it was deleted.
  [[nodiscard]] const consumer_state* find(const std::string& consumer) const;
  [[nodiscard]] bool was_deleted(const std::string& consumer) const { return deleted_.contains(consumer); }
  [[nodiscard]] std::size_t size() const { return consumers_.size(); }

  void encode(byte_writer& out) const;
  /// Errors: corrupt.
  [[nodiscard]] result<> decode(byte_reader& in);

 private:
  position_result register_consumer(const position_command& command);
  position_result claim(consumer_state& consumer, const position_command& command);
  position_result commit(consumer_state& consumer, const position_command& command);
  position_result remove(const position_command& command);
  void remember_deleted(const std::string& consumer);

  std::map<std::string, consumer_state> consumers_;
  std::unordered_map<std::string, std::list<std::string>::iterator> deleted_;
  std::list<std::string> deleted_by_age_;  ///< oldest first
};

}  // namespace marquee::broker
