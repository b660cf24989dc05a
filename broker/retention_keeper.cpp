#include "broker/retention_keeper.h"

#include <memory>
#include <utility>

#include "base/logging.h"

namespace marquee::broker {

void retention_keeper::check(const retention_rules& rules, std::int64_t now_ms) {
  replica_.tend_segments(oldest_active_time_ms(rules, now_ms));
  if (!replica_.is_leader_ready()) return forget();
  const auto segments = replica_.log().segments();
  const record_offset log_start = replica_.log().log_start_offset();
  const slowest_voter slowest = find_slowest();
  const log_index held_by_all = std::min(std::exchange(held_by_all_, slowest.has), slowest.has);
  const bool held_back = decide_retention(rules, segments, log_start, slowest.has, now_ms).held_back;
  note_held_back(held_back ? std::optional(slowest) : std::nullopt);
  const retention_verdict verdict = decide_retention(rules, segments, log_start, held_by_all, now_ms);
  if (verdict.log_start && !proposed_) propose(*verdict.log_start, now_ms);
}

void retention_keeper::forget() {
  held_by_all_ = {};
  note_held_back(std::nullopt);
}

retention_keeper::slowest_voter retention_keeper::find_slowest() const {
  const raft::node_status status = replica_.status();
  slowest_voter slowest{replica_.self(), replica_.applied_index()};
  // Learners count too: they could not get it again either.
  for (const raft::peer_progress& peer : status.progress)
    if (peer.match < slowest.has) slowest = {peer.replica, peer.match};
  return slowest;
}

void retention_keeper::propose(const raft::log_start_mark& mark, std::int64_t now_ms) {
  raft::proposal wanted;
  wanted.type = raft::entry_type::log_start;
  wanted.append_time_ms = now_ms;
  wanted.head = shared_bytes::of(raft::encode_log_start(mark));
  // The callback comes on this thread, at the latest when the replica stops, before its machine goes.
  const auto index = replica_.propose(std::move(wanted),
                                      [this](const result<raft::proposal_outcome>&) { proposed_ = false; });
  proposed_ = index.has_value();
  if (!index)
    log_debug("broker", "partition {}: the log start cannot move now: {}", to_string(replica_.group()),
              index.error().message);
  else
    log_info("broker", "partition {}: retention moves the log start from offset {} to {}",
             to_string(replica_.group()), replica_.log().log_start_offset().value(), mark.offset.value());
}

void retention_keeper::note_held_back(const std::optional<slowest_voter>& by) {
  if (by.has_value() != held_back_by_.has_value()) metrics_.retention_held_back.add(by ? 1 : -1);
  if (by && held_back_by_ != by->who)
    log_warning("broker",
                "partition {}: retention is held back at entry {} by voter {}, which has not got more; the "
                "disk fills until that broker is back or no longer a voter",
                to_string(replica_.group()), by->has.value(), to_string(by->who));
  if (!by && held_back_by_ && replica_.is_leader())
    log_info("broker", "partition {}: retention is no longer held back", to_string(replica_.group()));
  held_back_by_ = by ? std::optional(by->who) : std::nullopt;
}

}  // namespace marquee::broker
