#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "raft/core/node.h"
#include "tests/raft_paper/memory_log.h"

namespace marquee::raft::testing {

/// Replica of broker `number` with its first incarnation.
[[nodiscard]] replica_id replica(int number, int incarnation = 1);
[[nodiscard]] configuration voters(std::initializer_list<int> numbers);
/// Entries at indexes 1, 2, ... with these terms, one record each.
[[nodiscard]] std::vector<entry> log_with_terms(std::initializer_list<int> terms);
[[nodiscard]] proposal records(const std::string& text, std::int64_t base_offset, int count = 1);

/// One node with its log, for tests that speak to it message by message. What it sends is kept until asked
/// for.
class test_replica {
 public:
  explicit test_replica(replica_id self, configuration members, hard_state hard = {},
                        std::vector<entry> entries = {}, log_index commit = log_index(0),
                        node_options options = {});

  test_replica(const test_replica&) = delete;  // the node refers to the log in here
  test_replica& operator=(const test_replica&) = delete;

  node& core() { return *node_; }
  memory_log& log() { return log_; }
  [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }

  /// Lets virtual time pass in steps of 10 ms, handling all work meanwhile.
  void pass(std::int64_t duration_ms);
  /// Passes at most this long until `done`; false if it never was.
  bool pass_until(std::int64_t at_most_ms, const std::function<bool()>& done);
  void receive(const message& m);
  /// Takes the node's work; syncs at once unless `disk_is_stuck`.
  void handle_work();
  bool disk_is_stuck = false;
  /// Makes everything durable that waits, in order.
  void sync();
  /// Loses what is not durable and starts again.
  void restart();
  /// From here on writes of data are answered before they are synced (DESIGN D4).
  void be_relaxed();
  /// The machine loses power; of what was not synced the `survivors` oldest writes are left. Starts again, in
  /// doubt.
  void lose_power(std::size_t survivors = 0);

  /// Everything sent since the last call.
  [[nodiscard]] std::vector<message> take_sent();
  /// Of one type, since the last `take_sent`; the others stay.
  [[nodiscard]] std::vector<message> take_sent(message_type type);
  [[nodiscard]] std::vector<read_ready> take_reads();
  /// As text: name, term, whom it is about, why; such as "pre vote_refused 1 2: the leader is alive".
  [[nodiscard]] std::vector<std::string> take_events();
  [[nodiscard]] role own_role() const { return node_->status().now.own_role; }
  [[nodiscard]] std::vector<int> terms() const;

  /// A message to this replica, in its current term.
  [[nodiscard]] message from(int sender, message_type type) const;

  /// Has it elected by the votes of everybody else.
  void become_leader();

 private:
  void start(log_index commit, bool newly_created);

  replica_id self_;
  configuration members_;
  node_options options_;
  memory_log log_;
  std::unique_ptr<node> node_;
  std::int64_t now_ms_ = 0;
  std::vector<message> sent_;
  /// Wait for the disk, with the id of the request that they wait for.
  std::vector<std::pair<std::uint64_t, message>> held_;
  std::uint64_t newest_persist_ = 0;
  std::vector<read_ready> reads_;
  std::vector<node_event> events_;
};

/// Several replicas and a network that delivers at once, in order, but for the links that are cut.
class test_group {
 public:
  explicit test_group(int size, node_options options = {});
  explicit test_group(std::map<int, std::unique_ptr<test_replica>> replicas)
      : replicas_(std::move(replicas)) {}

  test_replica& operator[](int number) { return *replicas_.at(number); }
  void cut(int from, int to) { cut_[{from, to}] = true; }
  void isolate(int number);
  void heal() { cut_.clear(); }
  /// Filter: false drops the message.
  std::function<bool(const message&)> let_through;

  void deliver_all();
  void pass(std::int64_t duration_ms);
  /// 0 if there is none; of several the one with the highest term.
  [[nodiscard]] int leader() const;
  /// Passes time until there is a leader that has committed in its term.
  int elect(std::int64_t at_most_ms = 10'000);
  /// Makes this one leader through a transfer.
  void elect_this(int number);

 private:
  std::map<int, std::unique_ptr<test_replica>> replicas_;
  std::map<std::pair<int, int>, bool> cut_;
};

}  // namespace marquee::raft::testing
