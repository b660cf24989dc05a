#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/byte_codec.h"
#include "base/result.h"
#include "base/types.h"

namespace marquee::broker {

/// Which leader wrote which offsets: for each term the offset of the first record that was, or would have
/// been, written in it. By this a consumer finds out whether what it has read was taken back
/// (OffsetForLeaderEpoch, kafka-protocol.md section 6).
///
/// A pure state machine, a function of the log alone; part of the partition's state, on its thread. Keeps the
/// newest `terms_kept` terms.
class leader_epoch_table {
 public:
  static constexpr std::size_t terms_kept = 1'000;

  /// An entry of that term was applied. Terms never go down along a log.
  void note(term_number term, record_offset at);

  struct epoch_end {
    std::int64_t epoch = -1;
    std::int64_t end_offset = -1;

    bool operator==(const epoch_end&) const = default;
  };
  /// The largest known epoch up to `epoch`, and where it ends. `current` is the leader's own term, which ends
  /// at `log_end`. Both are -1 for an epoch that is yet to come; one that is older than all known ones ends
  /// where those begin.
  [[nodiscard]] epoch_end end_of(std::int64_t epoch, term_number current, record_offset log_end) const;
  /// Whose record lies, or will lie, at that offset; nothing if it is older than all known terms.
  [[nodiscard]] std::optional<term_number> term_at(record_offset at) const;
  [[nodiscard]] std::size_t size() const { return starts_.size(); }

  void encode(byte_writer& out) const;
  /// Errors: corrupt.
  [[nodiscard]] result<> decode(byte_reader& in);

 private:
  struct start {
    term_number term{};
    record_offset offset{};
  };
  std::vector<start> starts_;  ///< by ascending term; offsets do not go down
};

}  // namespace marquee::broker
