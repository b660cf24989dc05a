#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "raft/core/configuration.h"
#include "raft/core/node.h"
#include "tests/raft_paper/memory_log.h"

namespace marquee::raft::simulation {

/// The safety properties of Raft (Raft paper, figure 3) and the durability of what was acknowledged, over all
/// replicas of one group. Knows more than any replica does: everything that was ever committed. A property
/// that does not hold is thrown as a `violation`.
class invariants {
 public:
  /// Gives the log of a member, also of one that is down.
  using log_of = std::function<const testing::memory_log&(const replica_id&)>;
  invariants(configuration members, log_of logs) : members_(std::move(members)), logs_(std::move(logs)) {}

  /// Before `request` changes the log that the replica shows. `leads_since_before`: it led in this very term
  /// when it was asked the last time. `asked_in`: the lowest term of a leader that asked for it.
  void before_persist(const replica_id& replica, const persist_request& request, bool leads_since_before,
                      term_number asked_in);
  void leads(const replica_id& replica, term_number term);
  /// Each time a replica's commit index moved over `e`. `led_term` is 0 if it does not lead.
  void commits(const replica_id& replica, term_number led_term, const entry& e);
  void grants_vote(const replica_id& replica, term_number term, const replica_id& candidate);
  /// A client was told that its entry is committed.
  void acknowledges(const entry& e);
  /// Whatever was committed is durable on a quorum, at every moment.
  void committed_is_durable() const;
  /// A machine lost power (relaxed durability, DESIGN D4). While a majority of the voters is not in doubt,
  /// nothing may be lost by it. Else what is on no majority any more may be, until a majority is whole again;
  /// but never what any voter still has.
  void lost_power();
  [[nodiscard]] std::size_t lost() const { return lost_; }
  /// Retention (DESIGN D6): whatever one replica has dropped, every voter holds durably.
  void nobody_lacks_what_others_dropped() const;
  /// A log start that may come to be committed, whatever is damaged meanwhile: what is before it nobody can
  /// be filled again with.
  void wants_log_start(log_index first) { first_that_stays_ = std::max(first_that_stays_, first); }
  [[nodiscard]] log_index first_that_stays() const { return first_that_stays_; }
  /// The log start is a function of the log: at `applied` everybody shows the highest one that was committed
  /// up to there.
  void shows_log_start(const replica_id& replica, log_index applied, record_offset log_start) const;
  /// A leader that serves shows clients where the log begins: never less than one of an earlier term showed,
  /// at whatever time, or itself before.
  void leader_shows_log_start(const replica_id& leader, term_number term, record_offset log_start);
  [[nodiscard]] log_index synced_by_all() const;
  [[nodiscard]] record_offset highest_log_start() const {
    record_offset highest;
    for (const auto& [term, shown] : log_starts_) highest = std::max(highest, shown.newest);
    return highest;
  }
  /// At the end, when everybody has caught up.
  void everything_acknowledged_is_there(const replica_id& replica) const;

  [[nodiscard]] log_index highest_committed() const {
    return log_index(static_cast<std::int64_t>(committed_.size()));
  }
  [[nodiscard]] std::size_t acknowledged() const { return acknowledged_.size(); }
  [[nodiscard]] std::size_t terms_with_leader() const { return leaders_.size(); }

 private:
  struct committed_entry {
    term_number term;
    std::uint32_t checksum = 0;
    record_offset next_offset;
    term_number committed_in;
    record_offset log_start;  ///< of the log up to here
  };
  struct shown_log_start {
    record_offset first;
    record_offset newest;
  };
  struct seen_entry {
    std::uint32_t checksum = 0;
    term_number previous_term;
  };
  void truncates(const replica_id& replica, log_index from, term_number asked_in) const;
  [[nodiscard]] bool holds_durably(const replica_id& replica, log_index index) const;
  [[nodiscard]] bool may_be_lost(log_index index) const;
  /// Entries from here on are gone; others may be committed in their place.
  void forget_from(log_index index);

  configuration members_;
  log_of logs_;
  std::map<term_number, replica_id> leaders_;
  std::map<std::pair<replica_id, term_number>, replica_id> votes_;
  /// Every entry that any log ever had, by index and term.
  std::map<std::pair<log_index, term_number>, seen_entry> seen_;
  /// At position i the entry with index i + 1.
  std::vector<committed_entry> committed_;
  std::map<log_index, std::uint32_t> acknowledged_;
  /// What may be lost: a majority of the voters lost power. `first` > `last`: nothing.
  mutable log_index first_at_risk_{1};
  mutable log_index last_at_risk_;
  std::size_t lost_ = 0;
  std::map<term_number, shown_log_start> log_starts_;
  log_index first_that_stays_{1};
};

}  // namespace marquee::raft::simulation
