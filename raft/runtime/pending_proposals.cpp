#include "raft/runtime/pending_proposals.h"

#include <algorithm>
#include <utility>

namespace marquee::raft {

void pending_proposals::add(log_index index, term_number term, std::int64_t now_us, proposal_done done) {
  waiting_.push_back({.outcome = {.index = index, .term = term},
                      .started_us = now_us,
                      .durable = false,
                      .done = std::move(done)});
  metrics_.proposals_pending.add(1);
}

void pending_proposals::durable(log_index index, std::int64_t now_us, std::int64_t sync_us) {
  for (proposed& each : waiting_) {
    if (each.outcome.index > index) break;
    if (std::exchange(each.durable, true)) continue;
    each.outcome.append_us = std::max<std::int64_t>(0, now_us - each.started_us - sync_us);
    each.outcome.fsync_us = sync_us;
  }
}

void pending_proposals::applied(const entry& committed, std::int64_t now_us) {
  while (!waiting_.empty() && waiting_.front().outcome.index <= committed.index) {
    proposed first = std::move(waiting_.front());
    waiting_.pop_front();
    metrics_.proposals_pending.add(-1);
    if (first.outcome.index != committed.index || first.outcome.term != committed.term) {
      metrics_.proposals_unknown.add();
      if (first.done)
        first.done(fail(error_code::not_leader, "another leader's entry took the place of this one"));
      continue;
    }
    first.outcome.commit_us = now_us - first.started_us;
    if (!first.durable) first.outcome.append_us = first.outcome.commit_us;
    metrics_.commit_us.observe(
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, first.outcome.commit_us)));
    if (first.done) first.done(first.outcome);
  }
}

void pending_proposals::fail_all(const error& why) {
  // Answers may cause new proposals, which are not meant.
  std::deque<proposed> failed = std::exchange(waiting_, {});
  metrics_.proposals_pending.add(-static_cast<std::int64_t>(failed.size()));
  metrics_.proposals_unknown.add(failed.size());
  for (proposed& each : failed)
    if (each.done) each.done(failure(why));
}

}  // namespace marquee::raft
