#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "raft/core/log_start.h"
#include "raft/core/log_view.h"
#include "raft/core/membership.h"
#include "raft/core/node.h"
#include "raft/core/peer_replication.h"
#include "raft/core/persist_tracker.h"
#include "raft/core/quorum.h"
#include "raft/core/read_barriers.h"
#include "raft/core/uncommitted_bytes.h"

namespace marquee::raft {

/// What a node knows, and the rules by which it changes. Internal to raft/core; the rules are in one file per
/// subject:
///
///   node.cpp          the public face; which message goes to which rule
///   node_output.cpp   what waits for what before it is sent; `take_work`
///   election.cpp      timers, pre-votes, votes, roles
///   follower.cpp      appends and heartbeats received
///   leader.cpp        proposals, heartbeats, quorum check, read barriers, handing over
///   replication.cpp   appends sent, their answers, commit
///   doubt.cpp         replicas that may have lost what they acknowledged (DESIGN D4)
///   log_start.cpp     how much of the log retention may drop
/// Why a node asks for votes.
enum class election_cause : std::uint8_t {
  vacancy,   ///< the group has no leader
  transfer,  ///< its leader wants to be relieved
  order,     ///< an operator wants this replica to lead
};

struct node::state {
  state(node_options wanted, restored_state restored, const log_reader& reader);

  // node.cpp
  void step(const message& m);
  void step_with_older_term(const message& m);
  [[nodiscard]] bool is_from_replaced_incarnation(const message& m) const;

  // node_output.cpp
  [[nodiscard]] message make(message_type type, const replica_id& to) const;
  void send(message m) { now_.push_back(std::move(m)); }
  /// Waits until the own term and vote are durable.
  void send_when_vote_is_durable(message m) { after_vote_.push_back(std::move(m)); }
  /// Waits until everything in the log is durable too.
  void send_when_log_is_durable(message m);
  [[nodiscard]] bool vote_is_durable() const;
  [[nodiscard]] leadership current_leadership() const { return {own_role, hard.term, leader}; }
  [[nodiscard]] bool has_work() const;
  [[nodiscard]] work take_work();
  void hand_out_messages(bool has_persist, work& out);

  // election.cpp
  void start(std::int64_t first_now_ms, std::int64_t awake_ms);
  void tick(std::int64_t time_ms, std::int64_t awake_ms);
  [[nodiscard]] std::int64_t next_deadline_ms() const;
  void tick_election();
  void on_pre_vote_request(const message& m);
  void on_vote_request(const message& m);
  void on_pre_vote_response(const message& m);
  void on_vote_response(const message& m);
  void on_timeout_now(const message& m);
  void pre_campaign();
  void campaign(election_cause why);
  [[nodiscard]] result<> campaign_at_once();
  void count_votes();
  void ask_again_soon();
  void stand_instead();
  /// Keeps the vote when the term stays the same (raft-pitfalls 1).
  void become_follower(term_number term, std::optional<replica_id> new_leader);
  void become_leader();
  [[nodiscard]] std::string why_stepping_down() const;
  /// Nothing: it would be granted.
  [[nodiscard]] std::string why_not_pre_vote(const message& candidate) const;
  void note_vote(const message& candidate, bool pre_vote, std::string why_not);
  void note_hint(broker_id broker);
  /// What a voter must see before it helps to replace the leader (DESIGN D18).
  [[nodiscard]] bool leader_is_gone() const;
  [[nodiscard]] bool is_up_to_date(const message& candidate) const;
  [[nodiscard]] bool may_campaign() const { return members.current().is_voter(options.self); }
  [[nodiscard]] std::int64_t rank_of(const replica_id& replica) const;
  [[nodiscard]] bool comes_before(const message& candidate) const;
  void restart_election_timer();
  [[nodiscard]] bool is_hurried() const { return now_ms < hinted_until_ms; }
  [[nodiscard]] std::int64_t hurried_wait();

  // follower.cpp
  void follow(const message& from_leader);
  void on_append_request(const message& m);
  void on_heartbeat_request(const message& m);
  void take_entries(const message& m, std::size_t skipped);
  void reject_append(const message& m);
  void acknowledge(const message& m, log_index match);
  void truncate_from(log_index index);

  // leader.cpp
  [[nodiscard]] result<log_index> propose(proposal wanted);
  [[nodiscard]] result<> check_configuration_proposal(const proposal& wanted) const;
  void append_own(proposal wanted);
  void tick_leader();
  /// From then on the leader is out of touch with a majority, if nobody says anything until then.
  [[nodiscard]] std::int64_t quorum_deadline_ms() const;
  void send_heartbeats();
  void on_heartbeat_response(const message& m);
  void begin_reads();
  void confirm_reads();
  [[nodiscard]] result<> transfer_leadership(const replica_id& target, transfer_reason why);
  void continue_transfer();
  [[nodiscard]] std::string who_leads() const;

  // log_start.cpp
  [[nodiscard]] result<> check_log_start_proposal(const proposal& wanted) const;

  // replication.cpp
  void membership_changed();
  void replicate();
  void replicate_to(const replica_id& replica, peer_replication& peer);
  void ask_what_arrived(const replica_id& replica, peer_replication& peer);
  void on_append_response(const message& m);
  void on_append_rejected(const message& m, peer_replication& peer);
  void advance_commit();
  void commit_up_to(log_index index);

  // doubt.cpp
  void note_doubt(message& answer) const;
  void settle_doubt();
  void settle_if_whole(const message& append, log_index match);
  [[nodiscard]] vote_answer answer_of(const message& vote) const;
  [[nodiscard]] bool conflicts_with_what_is_committed(const message& append) const;
  void stand_aside(const message& append);
  void stand_aside_unfillable(const message& append);
  /// What a replica in doubt has to hold: everything that may have been committed by anybody.
  [[nodiscard]] log_index settling_index() const { return std::max(commit, term_start); }
  void answer_doubt(message& append, const peer_replication& peer) const;
  /// False: the answer is from before the sender lost entries and means nothing.
  [[nodiscard]] bool note_losses(const message& answer, peer_replication& peer);
  void tell_that_it_is_whole(const replica_id& replica, peer_replication& peer);

  const node_options options;
  random_source random;
  log_view log;
  membership members;
  persist_tracker persists;

  // Figure 2 of the Raft paper: persistent and volatile state.
  hard_state hard;
  bool hard_changed = false;
  std::uint64_t hard_persist_id = 0;
  log_index commit;
  log_index applied;
  doubt_state doubt;
  bool doubt_was_settled = false;
  role own_role = role::follower;
  std::optional<replica_id> leader;

  // Time and elections.
  bool started = false;
  std::int64_t now_ms = 0;
  std::int64_t awake_since_ms = 0;
  std::int64_t election_deadline_ms = 0;
  std::int64_t leader_heard_ms = 0;
  /// The connection to the leader broke: until then elections are not spaced by the time-out.
  std::int64_t hinted_until_ms = 0;
  bool newly_created = false;
  std::set<broker_id> lost_brokers;
  vote_tally votes;
  std::uint64_t pre_vote_round = 0;
  std::uint64_t own_vote_persist_id = 0;
  /// Of this node's newest election.
  election_cause cause = election_cause::vacancy;

  // Leaders only.
  std::map<replica_id, peer_replication> peers;
  log_index term_start;
  term_number term_led;
  std::int64_t led_since_ms = 0;
  std::int64_t next_heartbeat_ms = 0;
  /// As `quorum_deadline_ms` was when it was last looked at; since then it can only have become later.
  std::int64_t quorum_checked_until_ms = 0;
  read_barriers barriers;
  uncommitted_bytes uncommitted;
  std::optional<replica_id> transfer_target;
  transfer_reason transfer_why = transfer_reason::own;
  std::int64_t transfer_deadline_ms = 0;
  record_offset tail_offset;
  std::int64_t tail_time_ms = 0;
  bool replication_due = false;

 private:
  // What the next take_work hands out.
  std::vector<message> now_;
  std::vector<message> after_vote_;
  std::vector<message> after_log_;
  log_index reported_commit_;
  leadership reported_leadership_;

 public:
  std::vector<read_ready> reads;
  std::optional<error> unreadable;
  std::optional<error> given_up;
  node_event_list events;
};

}  // namespace marquee::raft
