#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/types.h"
#include "raft/core/configuration.h"
#include "raft/core/hard_state.h"
#include "raft/core/log_start.h"
#include "raft/storage/wal_record.h"

namespace marquee::raft {

/// How far a group's entries are safe in segments.
struct segment_position {
  /// Base index of the segment that is appended to; it names the file.
  log_index base_index;
  /// Bytes of that file that count; what lies beyond is cut off by recovery.
  std::uint64_t file_bytes = 0;
  log_index last_index;
  term_number last_term;
  /// Offset after the last record.
  record_offset next_offset;
  /// Rolling checksum of all entries up to `last_index`.
  std::uint32_t rolling_checksum = 0;

  bool operator==(const segment_position&) const = default;
};

/// Everything about a group but the entries that are not yet in a segment.
struct group_facts {
  hard_state hard;
  /// Who was given at creation (DESIGN D9).
  configuration bootstrap;
  segment_position segments;
  log_start_mark log_start;
  log_index commit_mark;
  /// Not empty: the group's committed data is damaged. Kept, so that a later start does not forget it.
  std::string damage;

  bool operator==(const group_facts&) const = default;
};

/// Where an entry's bytes lie when they were written to a segment instead of the log (DESIGN D5).
struct entry_pointer {
  log_index base_index;
  std::uint64_t file_position = 0;
  std::uint32_t encoded_bytes = 0;
  std::uint32_t entry_checksum = 0;
};

/// The payloads of the records that are not entries. Decoders' errors: corrupt.
[[nodiscard]] bytes encode_group_facts(const group_facts& facts);
[[nodiscard]] result<group_facts> decode_group_facts(bytes_view data);

[[nodiscard]] bytes encode_hard_state(const hard_state& hard);
[[nodiscard]] result<hard_state> decode_hard_state(bytes_view data);

/// Truncate, commit mark, and the number of groups in a checkpoint.
[[nodiscard]] bytes encode_number(std::int64_t value);
[[nodiscard]] result<std::int64_t> decode_number(bytes_view data);

[[nodiscard]] bytes encode_entry_pointer(const entry_pointer& pointer);
[[nodiscard]] result<entry_pointer> decode_entry_pointer(bytes_view data);

/// The boot of the machine that the process runs under (DESIGN D4).
struct session_facts {
  std::string kernel_boot_id;
  /// Each hard state is in two records that follow each other, so that one damaged record costs no vote.
  bool writes_votes_twice = false;
};
[[nodiscard]] bytes encode_session(const session_facts& facts);
[[nodiscard]] result<session_facts> decode_session(bytes_view data);

enum class relaxed_state : std::uint8_t {
  durable = 0,   ///< everything acknowledged was synced before
  relaxed = 1,   ///< what was written last may not be synced
  in_doubt = 2,  ///< power went in that state; the group has not been whole since
};
/// What a group's acknowledgements are worth after a loss of power. Synced before the first write that it
/// concerns.
struct relaxed_mark {
  relaxed_state state = relaxed_state::durable;
  /// How often power went in a state other than durable.
  std::uint64_t losses = 0;

  bool operator==(const relaxed_mark&) const = default;
};
[[nodiscard]] bytes encode_relaxed_mark(const relaxed_mark& mark);
/// Also unsupported: a state that a newer release gave out.
[[nodiscard]] result<relaxed_mark> decode_relaxed_mark(bytes_view data);

}  // namespace marquee::raft
