#include "tests/simulation/invariants.h"

#include <algorithm>
#include <limits>
#include <string>

#include "raft/core/entry_codec.h"
#include "raft/core/log_start.h"
#include "raft/core/quorum.h"
#include "tests/simulation/violation.h"

namespace marquee::raft::simulation {
namespace {

std::string text(log_index index) {
  return std::to_string(index.value());
}
std::string text(term_number term) {
  return std::to_string(term.value());
}

}  // namespace

void invariants::before_persist(const replica_id& replica, const persist_request& request,
                                bool leads_since_before, term_number asked_in) {
  const testing::memory_log& log = logs_(replica);
  if (request.truncate_from) {
    if (leads_since_before)
      throw violation("leader append-only: leader " + to_string(replica) + " truncates its log from " +
                      text(*request.truncate_from));
    truncates(replica, *request.truncate_from, asked_in);
  }
  // Log matching: an entry is the same wherever it is, and so is the one before it; by induction all are.
  log_index before = request.truncate_from ? *request.truncate_from - 1 : log.last_index();
  term_number before_term = log.term_at(before).value_or(term_number(0));
  for (const entry& e : request.entries) {
    if (e.index != before + 1) throw violation("log matching: hole in the log of " + to_string(replica));
    if (!verify_entry(e)) throw violation("entry " + text(e.index) + " does not match its checksum");
    const seen_entry now{e.checksum, before_term};
    const auto [known, is_new] = seen_.try_emplace({e.index, e.term}, now);
    if (!is_new &&
        (known->second.checksum != now.checksum || known->second.previous_term != now.previous_term))
      throw violation("log matching: two different entries with index " + text(e.index) + " and term " +
                      text(e.term));
    before = e.index;
    before_term = e.term;
  }
}

/// A leader of an earlier term, which does not know the entry, may still have it replaced in a log that was
/// not needed to commit it. A leader of the term that committed it, or of a later one, has it.
void invariants::truncates(const replica_id& replica, log_index from, term_number asked_in) const {
  const testing::memory_log& log = logs_(replica);
  for (log_index i = from; i <= log.last_index() && i <= highest_committed(); ++i) {
    const committed_entry& known = committed_[static_cast<std::size_t>(i.value()) - 1];
    if (log.at(i).term != known.term) continue;
    const bool held_without_it = has_quorum(members_, [&](const replica_id& voter) {
      return voter != replica && (holds_durably(voter, i) || logs_(voter).doubt().open);
    });
    if (asked_in < known.committed_in && held_without_it) continue;
    throw violation("durability: replica " + to_string(replica) + " truncates entry " + text(i) +
                    ", which is committed");
  }
}

void invariants::leads(const replica_id& replica, term_number term) {
  const auto [known, is_new] = leaders_.try_emplace(term, replica);
  if (known->second != replica)
    throw violation("election safety: replicas " + to_string(known->second) + " and " + to_string(replica) +
                    " both lead in term " + text(term));
  if (!is_new) return;
  const testing::memory_log& log = logs_(replica);
  for (log_index i(1); i <= highest_committed(); ++i) {
    const committed_entry& wanted = committed_[static_cast<std::size_t>(i.value()) - 1];
    if (wanted.committed_in >= term || (i <= log.last_index() && log.at(i).term == wanted.term)) continue;
    if (may_be_lost(i)) return forget_from(i);
    throw violation("leader completeness: replica " + to_string(replica) + " leads in term " + text(term) +
                    " without entry " + text(i) + ", which was committed in term " +
                    text(wanted.committed_in));
  }
}

void invariants::commits(const replica_id& replica, term_number led_term, const entry& e) {
  if (e.index <= highest_committed()) {
    const committed_entry& known = committed_[static_cast<std::size_t>(e.index.value()) - 1];
    if (known.term != e.term || known.checksum != e.checksum)
      throw violation("state machine safety: replica " + to_string(replica) + " applies another entry " +
                      text(e.index) + " than others did");
    return;
  }
  if (led_term == term_number(0) || e.index != highest_committed() + 1)
    throw violation("replica " + to_string(replica) + " commits entry " + text(e.index) +
                    " before any leader did");
  const record_offset expected = committed_.empty() ? record_offset(0) : committed_.back().next_offset;
  if (e.base_offset != expected) throw violation("offsets have a hole before entry " + text(e.index));
  record_offset log_start = committed_.empty() ? record_offset(0) : committed_.back().log_start;
  if (e.type == entry_type::log_start)
    if (const auto mark = decode_log_start(e.head)) log_start = std::max(log_start, mark->offset);
  committed_.push_back({e.term, e.checksum, e.next_offset(), led_term, log_start});
  committed_is_durable();
}

void invariants::grants_vote(const replica_id& replica, term_number term, const replica_id& candidate) {
  const auto known = votes_.try_emplace({replica, term}, candidate).first;
  if (known->second != candidate)
    throw violation("replica " + to_string(replica) + " votes for " + to_string(known->second) + " and " +
                    to_string(candidate) + " in term " + text(term));
}

void invariants::acknowledges(const entry& e) {
  acknowledged_.emplace(e.index, e.checksum);
}

bool invariants::holds_durably(const replica_id& replica, log_index index) const {
  const auto& durable = logs_(replica).durable();
  const auto position = static_cast<std::size_t>(index.value()) - 1;
  return durable.size() > position && durable[position].term == committed_[position].term;
}

void invariants::committed_is_durable() const {
  if (committed_.empty()) return;
  const log_index last = highest_committed();
  if (has_quorum(members_, [&](const replica_id& voter) {
        return holds_durably(voter, last) && !logs_(voter).doubt().open;
      }))
    last_at_risk_ = log_index(0);
  // A voter in doubt had it, or will have it before it counts again.
  if (!has_quorum(members_, [&](const replica_id& voter) {
        return holds_durably(voter, last) || logs_(voter).doubt().open;
      }))
    throw violation("durability: entry " + text(last) + " is committed but not durable on a majority");
}

void invariants::lost_power() {
  if (has_quorum(members_, [&](const replica_id& voter) { return !logs_(voter).doubt().open; })) return;
  log_index safe = highest_committed();
  while (safe > log_index(0) &&
         !has_quorum(members_, [&](const replica_id& voter) { return holds_durably(voter, safe); }))
    safe = safe - 1;
  const bool nothing_was = first_at_risk_ > last_at_risk_;
  first_at_risk_ = nothing_was ? safe + 1 : std::min(first_at_risk_, safe + 1);
  last_at_risk_ = std::max(last_at_risk_, highest_committed());
}

bool invariants::may_be_lost(log_index index) const {
  return index >= first_at_risk_ && index <= last_at_risk_ &&
         std::ranges::none_of(members_.members(),
                              [&](const replica_id& voter) { return holds_durably(voter, index); });
}

void invariants::forget_from(log_index index) {
  committed_.resize(static_cast<std::size_t>(index.value()) - 1);
  last_at_risk_ = std::min(last_at_risk_, index - 1);
  for (auto each = acknowledged_.lower_bound(index); each != acknowledged_.end(); ++lost_)
    each = acknowledged_.erase(each);
}

log_index invariants::synced_by_all() const {
  std::size_t least = std::numeric_limits<std::int32_t>::max();
  for (const replica_id& member : members_.members())
    if (members_.is_voter(member)) least = std::min(least, logs_(member).synced().size());
  return log_index(static_cast<std::int64_t>(least));
}

void invariants::nobody_lacks_what_others_dropped() const {
  const log_index held = synced_by_all();
  for (const replica_id& member : members_.members())
    if (logs_(member).first_index() > held + 1)
      throw violation("retention: replica " + to_string(member) + " dropped what is before entry " +
                      text(logs_(member).first_index()) + ", but a voter holds only what is up to " +
                      text(held));
}

void invariants::shows_log_start(const replica_id& replica, log_index applied,
                                 record_offset log_start) const {
  // It has applied what was lost with the power of a majority: it has to stand aside.
  if (applied > highest_committed()) return;
  const record_offset wanted = applied == log_index(0)
                                   ? record_offset(0)
                                   : committed_[static_cast<std::size_t>(applied.value()) - 1].log_start;
  if (log_start == wanted) return;
  throw violation("retention: replica " + to_string(replica) + " shows log start " +
                  std::to_string(log_start.value()) + " at entry " + text(applied) + ", where " +
                  std::to_string(wanted.value()) + " is committed");
}

/// A leader that does not know yet that another leads since may still show what it knew, and learn of what
/// was committed in its own term; the later leader had all of that from its first answer on.
void invariants::leader_shows_log_start(const replica_id& leader, term_number term, record_offset log_start) {
  for (const auto& [shown_in, shown] : log_starts_) {
    const bool lower = shown_in <= term && log_start < shown.newest;
    const bool unknown_to_later = shown_in > term && log_start > shown.first;
    if (lower || unknown_to_later)
      throw violation("retention: leader " + to_string(leader) + " of term " + text(term) +
                      " shows log start " + std::to_string(log_start.value()) + ", term " + text(shown_in) +
                      " showed " + std::to_string((lower ? shown.newest : shown.first).value()));
  }
  log_starts_.try_emplace(term, shown_log_start{log_start, log_start}).first->second.newest = log_start;
}

void invariants::everything_acknowledged_is_there(const replica_id& replica) const {
  const testing::memory_log& log = logs_(replica);
  for (const auto& [index, checksum] : acknowledged_)
    if (index > log.last_index() || log.at(index).checksum != checksum)
      throw violation("durability: replica " + to_string(replica) + " has lost entry " + text(index) +
                      ", which was acknowledged");
}

}  // namespace marquee::raft::simulation
