#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "raft/core/node.h"
#include "raft/runtime/deadline_queue.h"
#include "raft/runtime/heartbeat_board.h"
#include "raft/runtime/leader_table.h"
#include "raft/runtime/pending_proposals.h"
#include "raft/runtime/raft_host.h"
#include "raft/runtime/replica.h"
#include "raft/runtime/runtime_metrics.h"

namespace marquee::raft {

class hosted_replica;

/// What a replica needs of the thread that it lives on; `partition_thread` is it.
class replica_home {
 public:
  virtual ~replica_home() = default;
  [[nodiscard]] virtual net::event_loop& home_loop() = 0;
  /// On the thread: `process` is called before long.
  virtual void want_turn(hosted_replica& who) = 0;
  /// From any thread: `persist_finished` is called on the thread.
  virtual void post_persisted(std::shared_ptr<hosted_replica> who, std::uint64_t persist_id,
                              result<persist_times> outcome) = 0;
  /// On the thread: goes out at the end of the turn.
  virtual void send(group_message message) = 0;
  [[nodiscard]] virtual heartbeat_board& heartbeats() = 0;
  /// On the thread: as `node::tick` wants it. To be asked with each reading of the clock.
  [[nodiscard]] virtual std::int64_t awake_since_ms(std::int64_t now_ms) = 0;
  /// On the thread: the own connection to that broker is up.
  [[nodiscard]] virtual bool is_connected(broker_id broker) const = 0;
};

/// Shared by all replicas of a host; outlives them.
struct replica_environment {
  const raft_host_options& options;
  const raft_host_callbacks& callbacks;
  const clock& time;
  runtime_metrics& metrics;
  leader_table& leaders;
  /// This broker won an election: others should hear of it soon.
  std::function<void()> leadership_won;
  /// A segment is full or too old: a checkpoint should come before long. May be asked again and again.
  std::function<void()> segment_ended = {};
  /// The disk is nearly full, or a checkpoint found it full: leaders hand over and take no records.
  const std::atomic<bool>* low_space = nullptr;
  const std::atomic<bool>* log_lacks_space = nullptr;

  [[nodiscard]] bool is_low_on_space() const {
    return (low_space != nullptr && *low_space) || (log_lacks_space != nullptr && *log_lacks_space);
  }
};

/// One group's node, log and state machine, and the order in which they are driven (`work` in
/// raft/core/node.h): persist, send, wait for the disk, apply, answer.
///
/// Belongs to its thread, but for what `replica` says otherwise. After a fault (or a planned stop) it is
/// fenced: node and machine are still, messages are ignored, proposals are refused.
class hosted_replica final : public replica, public std::enable_shared_from_this<hosted_replica> {
 public:
  hosted_replica(group_id group, std::unique_ptr<group_log> log, group_options options, replica_home& home,
                 const replica_environment& environment);

  // Driven by the host and the thread.
  void set_machine(std::unique_ptr<state_machine> machine) { machine_ = std::move(machine); }
  /// Restores the machine and begins to take part.
  void start(const restored_state& restored, const state_block& state, const std::set<broker_id>& connected);
  /// Instead of `start`: storage found damage.
  void start_fenced(const std::string& damage);
  void receive(const message& received);
  void persist_finished(std::uint64_t persist_id, const result<persist_times>& outcome);
  void peer_up(broker_id broker);
  void peer_down(broker_id broker, peer_loss how);
  /// To be called at `next_deadline_ms`; earlier is harmless.
  void tick();
  /// In the past: something waits to be tried again. To be asked after each turn and each tick.
  [[nodiscard]] std::int64_t next_deadline_ms() const;
  /// Does what the node wants done.
  void process();
  /// Answers everything, stops the machine and the node. The log stays until `release_log`.
  void stop(const error& why);
  void release_log() { log_.reset(); }
  /// It stands aside because of damage that reading met: the log may be opened anew.
  [[nodiscard]] bool can_be_repaired() const {
    return !fenced_.empty() && (log_ == nullptr || log_->damage_met().has_value());
  }
  /// Nothing while fenced.
  [[nodiscard]] std::optional<group_checkpoint> make_checkpoint();
  /// Hands leadership to the voter that is furthest, if one is in touch; not twice in a row to the same one
  /// if there is another. False: nothing to wait for.
  bool hand_over();
  /// Asked again and again by a broker that stops: hands over, and to another voter if the first one does not
  /// take it. False: this replica does not lead, or nobody can take it.
  bool keep_handing_over();

  // replica
  [[nodiscard]] const group_id& group() const override { return group_; }
  [[nodiscard]] replica_id self() const override { return environment_.options.self; }
  [[nodiscard]] net::event_loop& loop() const override { return home_.home_loop(); }
  void set_options(const group_options& options) override;
  [[nodiscard]] result<log_index> propose(proposal wanted, proposal_done done) override;
  void read_barrier(std::function<void(result<>)> done) override;
  [[nodiscard]] result<> transfer_leadership(replica_id target, transfer_reason why) override;
  [[nodiscard]] result<> campaign() override;
  void tend_segments(std::int64_t append_time_ms) override;
  [[nodiscard]] bool accept_loss() override;
  [[nodiscard]] bool is_leader() const override { return node_ && node_->is_leader(); }
  [[nodiscard]] bool is_leader_ready() const override;
  [[nodiscard]] std::optional<replica_id> leader() const override;
  [[nodiscard]] term_number term() const override { return node_ ? node_->term() : term_number{}; }
  [[nodiscard]] log_index commit_index() const override { return commit_; }
  [[nodiscard]] log_index applied_index() const override { return applied_; }
  [[nodiscard]] node_status status() const override;
  [[nodiscard]] const group_log& log() const override;
  [[nodiscard]] state_machine& machine() const override { return *machine_; }
  [[nodiscard]] const std::string& fenced() const override { return fenced_; }

  /// For the thread's list of those that want a turn.
  bool in_turn_list = false;
  /// For the thread's queue of deadlines.
  std::int64_t queued_deadline_ms = deadline_queue<hosted_replica>::never;

 private:
  struct outstanding_persist {
    std::uint64_t id = 0;
    log_index last;
    std::int64_t started_us = 0;
  };
  struct waiting_messages {
    std::uint64_t persist_id = 0;
    std::vector<message> messages;
  };

  /// Reads the clock and tells the node; before each input. Gives the time in microseconds.
  std::int64_t tell_time();
  void do_work(work wanted);
  void persist(persist_request request);
  [[nodiscard]] bool try_persist(const persist_request& request);
  [[nodiscard]] durability durability_of(const persist_request& request) const;
  void send(message outgoing);
  void change_leadership(const leadership& now);
  void log_leadership(const leadership& before, const leadership& now) const;
  void tell(const node_event& what) const;
  void tell(raft_event what) const;
  void answer_reads(const std::vector<read_ready>& reads);
  void finish_reads();
  void apply_committed();
  [[nodiscard]] bool raise_log_start(const entry& committed);
  void ask_for_new_segment();
  /// False: the replica was fenced by it.
  bool apply(const entry& committed);
  /// Tells the log and the node what the group wants of its writes.
  void declare_durability();
  /// Logs and counts when the doubt is over.
  void watch_doubt();
  void watch_disk();
  /// Damage that a read has met: hands over if it leads, then stands aside.
  void watch_damage();
  /// Hands over what it leads while the disk is nearly full, again and again, for another may be no better.
  void watch_space();
  void fence(const error& why);
  [[nodiscard]] result<> check_proposable() const;

  const group_id group_;
  replica_home& home_;
  const replica_environment& environment_;
  runtime_metrics& metrics_;
  group_options options_;
  std::unique_ptr<group_log> log_;
  std::unique_ptr<state_machine> machine_;
  std::unique_ptr<node> node_;
  std::string fenced_;
  leadership leadership_;
  /// Of the last unreadable entry, so that it is logged once and not with every repetition.
  std::string unreadable_;
  term_number ready_term_;
  /// Counted in `groups_in_doubt`.
  bool counted_in_doubt_ = false;

  log_index commit_;
  log_index applied_;
  term_number applied_term_;
  record_offset next_offset_;
  record_offset log_start_;

  pending_proposals pending_;
  std::uint64_t next_read_id_ = 1;
  std::map<std::uint64_t, std::function<void(result<>)>> asked_reads_;
  std::multimap<log_index, std::function<void(result<>)>> confirmed_reads_;

  std::uint64_t newest_persist_id_ = 0;
  std::deque<outstanding_persist> outstanding_;
  std::deque<waiting_messages> after_persist_;
  /// The log took nothing (overloaded); until it does, no further work is taken from the node.
  std::optional<persist_request> refused_persist_;
  /// Of the last tick.
  std::int64_t looked_at_us_ = 0;
  /// The disk has not answered for too long: hand over, then say nothing any more.
  bool disk_is_stuck_ = false;
  std::int64_t next_hand_over_us_ = 0;
  std::int64_t handing_over_since_us_ = 0;
  std::optional<replica_id> last_successor_;
  bool silent_ = false;
  std::int64_t next_space_hand_over_us_ = 0;
  /// Damage was met then.
  std::optional<std::int64_t> damaged_since_us_;
};

}  // namespace marquee::raft
