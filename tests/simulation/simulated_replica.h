#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "raft/core/log_start.h"
#include "raft/core/node.h"
#include "tests/raft_paper/memory_log.h"
#include "tests/simulation/invariants.h"

namespace marquee::raft::simulation {

/// What a replica asks of the world that it lives in.
class simulated_world {
 public:
  virtual ~simulated_world() = default;
  virtual void send(const message& m) = 0;
  /// Runs `what` after this much virtual time.
  virtual void after(std::int64_t delay_us, std::function<void()> what) = 0;
  [[nodiscard]] virtual std::int64_t now_us() const = 0;
  [[nodiscard]] virtual random_source& random() = 0;
  [[nodiscard]] virtual invariants& rules() = 0;
  virtual void crashed(const replica_id& replica) = 0;
  [[nodiscard]] virtual bool tracing() const = 0;
  virtual void trace(const std::string& line) = 0;
};

struct simulated_disk_options {
  std::int64_t sync_least_us = 100;
  std::int64_t sync_most_us = 5'000;
  /// The planted bug of raft-pitfalls 2: terms are kept, votes are not.
  bool forgets_votes = false;
  bool log_start_at_append = false;
  bool newest_log_start_wins = false;
  /// Answers before it syncs, and syncs this much later; 0: syncs before it answers.
  std::int64_t relaxed_sync_us = 0;
  /// May damage what was synced. A log start proposed by a leader that has not heard of it yet could take
  /// from the others what the damaged one lacks; such a replica stays fenced (raft_paper/doubt_test), here it
  /// comes back.
  bool damages = false;
};

/// Crashes at the moments that matter most: random ones rarely meet them.
struct simulated_fate {
  /// A new leader's fuse is lit, so that it dies with part of its log replicated (Raft paper, figure 8).
  std::uint64_t leader_dies_young_percent = 0;
  /// So is that of a replica that has just voted.
  std::uint64_t voter_dies_young_percent = 0;
};

/// A process with one node of raft/core, its disk and its clock. It can crash at any point of its work: what
/// was not synced is lost, what was handed to the disk may or may not have got there.
class simulated_replica {
 public:
  simulated_replica(simulated_world& world, node_options options, configuration members,
                    simulated_disk_options disk, simulated_fate fate);

  [[nodiscard]] const replica_id& id() const { return options_.self; }
  [[nodiscard]] const testing::memory_log& log() const { return log_; }
  [[nodiscard]] bool is_up() const { return node_ != nullptr; }
  [[nodiscard]] bool is_leader() const { return is_up() && node_->is_leader(); }
  /// Null while it is down.
  [[nodiscard]] const node* core() const { return node_.get(); }
  [[nodiscard]] log_index applied() const { return applied_; }

  void start();
  void crash();
  /// The machine goes down: what was written and not synced goes too, as much as chance wants. It comes back
  /// under another boot id.
  void lose_power();
  /// Its disk damages some entry that was synced; it starts without that and what comes after it. False if
  /// there is none that the others still have.
  [[nodiscard]] bool damage(bool overlooked);
  /// It crashes at the n-th point from now: between two steps of handling its work.
  void light_fuse(int points) { fuse_ = points; }
  /// Its thread does not run until then; messages wait.
  void pause_for(std::int64_t duration_us) { paused_until_us_ = now_us() + duration_us; }
  void stall_disk_for(std::int64_t duration_us) { disk_stalled_until_us_ = now_us() + duration_us; }
  /// Its log takes nothing until then (overloaded); what was refused is offered again.
  void refuse_writes_for(std::int64_t duration_us) { refuses_until_us_ = now_us() + duration_us; }
  /// No more faults.
  void be_healthy();

  void tick();
  void receive(const message& m);
  void peer_up(broker_id broker);
  void peer_down(broker_id broker);
  /// False if it does not lead or does not accept it.
  bool propose();
  /// Asks for a log start anywhere up to what is applied: the node has to refuse what somebody lacks.
  void propose_log_start();
  void read();
  void hand_over_to(const replica_id& target);

 private:
  /// Thrown by `point`, caught where an input came in.
  struct crash_here {};

  [[nodiscard]] std::int64_t now_us() const { return world_.now_us(); }
  [[nodiscard]] std::int64_t local_ms() const;
  /// Handles one input, and its work now or a little later together with others.
  void input(const std::function<void()>& what);
  void point();
  void step(const message& m);
  void tell_time();
  void handle_work();
  /// False if the log does not take it now.
  bool hand_to_disk(persist_request request);
  void send_checked(const message& m);
  void apply_up_to(log_index commit);
  void raise_log_start(const entry& e);
  void finish_reads(const std::vector<read_ready>& reads);
  void schedule_sync();
  void sync(std::size_t requests);
  void schedule_relaxed_sync();

  simulated_world& world_;
  node_options options_;
  configuration members_;
  simulated_disk_options disk_;
  simulated_fate fate_;
  testing::memory_log log_;
  std::unique_ptr<node> node_;
  /// Counts starts, so that what was meant for an earlier life does not reach a later one.
  int life_ = 0;
  int fuse_ = 0;
  std::int64_t paused_until_us_ = 0;
  std::int64_t disk_stalled_until_us_ = 0;
  std::int64_t refuses_until_us_ = 0;
  std::optional<persist_request> refused_;
  /// The lowest term of an append that the node took since its last work.
  std::optional<term_number> asked_in_;
  std::int64_t last_tick_ms_ = 0;
  std::int64_t awake_since_ms_ = 0;
  std::int64_t clock_offset_ms_;
  std::int64_t clock_percent_;
  std::vector<message> inbox_;
  bool work_is_scheduled_ = false;
  bool sync_is_scheduled_ = false;
  bool relaxed_sync_is_scheduled_ = false;

  std::uint64_t newest_persist_ = 0;
  std::vector<std::pair<std::uint64_t, message>> held_;
  /// 0 when it did not lead at the end of the last work.
  term_number led_term_;
  log_index applied_;
  record_offset log_start_;
  /// Of the last entry that was applied.
  term_number applied_term_;
  /// Written down lazily (DESIGN D13).
  log_index saved_commit_;
  /// Client entries accepted in the current leadership.
  std::map<log_index, term_number> unanswered_;
  std::int64_t offsets_since_work_ = 0;
  std::uint64_t next_read_ = 0;
  /// What was committed when the read came.
  std::map<std::uint64_t, log_index> reads_;
  std::uint64_t next_payload_ = 0;
};

}  // namespace marquee::raft::simulation
