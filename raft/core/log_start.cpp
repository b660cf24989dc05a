#include "raft/core/log_start.h"

#include <algorithm>
#include <string>

#include "base/byte_codec.h"
#include "raft/core/node_state.h"
#include "raft/core/planted_bugs.h"

namespace marquee::raft {

bytes encode_log_start(const log_start_mark& mark) {
  bytes data;
  byte_writer writer(data);
  writer.put<std::int64_t>(mark.offset.value());
  writer.put<std::int64_t>(mark.index.value());
  return data;
}

result<log_start_mark> decode_log_start(bytes_view data) {
  byte_reader reader(data);
  log_start_mark mark;
  mark.offset = record_offset(reader.get<std::int64_t>());
  mark.index = log_index(reader.get<std::int64_t>());
  if (reader.failed() || reader.remaining() != 0 || mark.offset < record_offset(0) ||
      mark.index < log_index(1))
    return fail(error_code::corrupt, "a log start cannot be read");
  return mark;
}

/// Whoever lacks an entry gets it from a leader's log, and there is no other way yet: what a voter does not
/// hold durably must stay everywhere. What an entry's proposal relies on still holds whenever it is applied:
/// no voter loses what it acknowledged, but in groups with relaxed durability the newest; who proposes a log
/// start there leaves out what is not old enough to be synced everywhere (DESIGN D4).
result<> node::state::check_log_start_proposal(const proposal& wanted) const {
  const auto mark = decode_log_start(wanted.head);
  if (!mark) return fail(error_code::invalid_argument, mark.error().message);
  const log_index last_dropped = mark->index - 1;
  if (last_dropped > std::min(applied, persists.durable_index()))
    return fail(error_code::invalid_argument, "the log start lies beyond what is applied and durable here");
  if (planted(planted_bug::drops_what_a_voter_lacks)) return {};
  for (const replica_id& member : members.current().members()) {
    const auto peer = peers.find(member);
    if (member == options.self) continue;
    const bool is_known = peer != peers.end() && !peer->second.in_doubt;
    const log_index held = is_known ? peer->second.match() : log_index(0);
    if (held < last_dropped)
      return fail(error_code::refused, "replica " + to_string(member) +
                                           " is known to hold the log up to entry " +
                                           std::to_string(held.value()) + " only");
  }
  return {};
}

}  // namespace marquee::raft
