#pragma once

namespace marquee::raft {

/// Bugs that the simulator must find, or it is worth nothing (raft-pitfalls 65). They exist only where
/// MARQUEE_RAFT_PLANTED_BUGS is defined: in second builds of this folder's sources, for tests/simulation and
/// tests/planted_broker. Everywhere else `planted` is a constant and no trace of them is compiled.
enum class planted_bug {
  none,
  commits_old_terms_by_counting,  ///< raft-pitfalls 14
  acknowledges_before_the_sync,   ///< raft-pitfalls 35
  truncates_on_every_append,      ///< raft-pitfalls 16
  waits_for_lost_appends,         ///< raft-pitfalls 21: a bug of liveness
  counts_late_read_answers,       ///< raft-pitfalls 58
  counts_votes_in_doubt,       ///< DESIGN D4: a replica that lost entries helps to elect whoever lacks them
  never_lowers_match,          ///< DESIGN D4: a replica that lost entries never gets them again
  settles_doubt_too_early,     ///< DESIGN D4: with the first append of a leader, complete or not
  drops_what_a_voter_lacks,    ///< retention past the slowest voter (DESIGN D6)
  commits_without_a_majority,  ///< what is durable at the leader alone counts as committed
};

#ifdef MARQUEE_RAFT_PLANTED_BUGS
/// Set before a node runs.
inline planted_bug active_bug = planted_bug::none;  // NOLINT: a test's switch
inline bool planted(planted_bug which) {
  return which == active_bug;
}
#else
constexpr bool planted(planted_bug /*which*/) {
  return false;
}
#endif

}  // namespace marquee::raft
