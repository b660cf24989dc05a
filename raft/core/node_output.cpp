#include <iterator>
#include <utility>

#include "base/assert.h"
#include "raft/core/node_state.h"
#include "raft/core/planted_bugs.h"

namespace marquee::raft {
namespace {

void move_all(std::vector<message>& from, std::vector<message>& to) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  from.clear();
}

}  // namespace

message node::state::make(message_type type, const replica_id& to) const {
  message m;
  m.type = type;
  m.from = options.self;
  m.to = to;
  m.term = hard.term;
  return m;
}

bool node::state::vote_is_durable() const {
  return !hard_changed && persists.is_durable(hard_persist_id);
}

/// Acknowledgements are cumulative: of those that wait together the furthest one says it all.
void node::state::send_when_log_is_durable(message m) {
  if (m.type == message_type::append_response && !after_log_.empty()) {
    message& last = after_log_.back();
    if (last.type == m.type && last.to == m.to && last.term == m.term) {
      last.index = std::max(last.index, m.index);
      last.in_doubt = m.in_doubt;
      return;
    }
  }
  after_log_.push_back(std::move(m));
}

bool node::state::has_work() const {
  return hard_changed || doubt_was_settled || log.has_pending() || !now_.empty() || !after_vote_.empty() ||
         !after_log_.empty() || !reads.empty() || replication_due || commit != reported_commit_ ||
         (own_role == role::leader && commit >= term_start && barriers.wants_round()) ||
         current_leadership() != reported_leadership_ || unreadable.has_value() || given_up.has_value() ||
         !events.empty();
}

work node::state::take_work() {
  if (own_role == role::leader) {
    MARQUEE_ASSERT(!hard_changed, "a leader's term and vote are durable");
    begin_reads();
    if (std::exchange(replication_due, false)) replicate();
  }
  work out;
  if (hard_changed || doubt_was_settled || log.has_pending()) {
    persist_request request;
    request.id = persists.next_id();
    if (std::exchange(hard_changed, false)) {
      request.hard = hard;
      hard_persist_id = request.id;
    }
    request.settles_doubt = std::exchange(doubt_was_settled, false);
    persists.handed_out(log.last_index());
    log.take_pending(request);
    out.persist = std::move(request);
  }
  hand_out_messages(out.persist.has_value(), out);
  out.commit_index = reported_commit_ = commit;
  out.reads = std::exchange(reads, {});
  out.unreadable = std::exchange(unreadable, std::nullopt);
  out.given_up = std::exchange(given_up, std::nullopt);
  out.events = events.take();
  if (current_leadership() != reported_leadership_)
    out.leadership_change = reported_leadership_ = current_leadership();
  return out;
}

void node::state::hand_out_messages(bool has_persist, work& out) {
  const bool log_is_durable = !has_persist && persists.all_durable();
  out.send_now = std::exchange(now_, {});
  move_all(after_vote_, vote_is_durable() ? out.send_now : out.send_after_persist);
  move_all(after_log_, log_is_durable || planted(planted_bug::acknowledges_before_the_sync)
                           ? out.send_now
                           : out.send_after_persist);
}

}  // namespace marquee::raft
