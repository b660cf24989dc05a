#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_codec.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/metrics.h"
#include "net/event_loop.h"
#include "raft/runtime/raft_host.h"

namespace marquee::raft::testing {

inline const uuid test_cluster = *uuid::parse("11111111-2222-4333-8444-555555555555");

inline replica_id replica_of(int broker) {
  return {broker_id(broker), incarnation_id(broker * 100)};
}
inline group_id group_of(int partition) {
  return {test_cluster, partition_id(partition)};
}
inline configuration voters(std::vector<int> brokers) {
  configuration members;
  for (const int broker : brokers) members.voters.push_back(replica_of(broker));
  return members;
}

/// Notified by every state machine that is told something; other conditions are looked at as often as this
/// says.
inline std::mutex event_mutex;
inline std::condition_variable event_happened;
constexpr std::chrono::milliseconds look_again_after{3};

/// Waits for what other threads bring about.
template <class Condition>
bool eventually(Condition condition, std::chrono::seconds most = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::unique_lock lock(event_mutex);
    event_happened.wait_for(lock, look_again_after);
  }
  return true;
}

/// Remembers the text of every data entry that was applied; its state is all of them.
class recording_machine final : public state_machine {
 public:
  result<> restore(const state_block& from) override {
    const std::lock_guard lock(mutex_);
    byte_reader in(from.application_state.view());
    while (in.remaining() > 0) texts_.emplace_back(as_text(in.get_sized()));
    return refuse_restore ? result<>(fail(error_code::corrupt, "as the test wants it")) : result<>();
  }
  void apply(const entry& committed) override {
    const std::lock_guard lock(mutex_);
    if (committed.type == entry_type::data) texts_.emplace_back(committed.head.text());
    event_happened.notify_all();
  }
  void leadership_changed(const leadership& now) override {
    const std::lock_guard lock(mutex_);
    last_leadership_ = now;
    ready_ = false;
  }
  void leader_ready(term_number) override {
    const std::lock_guard lock(mutex_);
    ready_ = true;
    event_happened.notify_all();
  }
  shared_bytes make_state() override {
    const std::lock_guard lock(mutex_);
    bytes state;
    byte_writer out(state);
    for (const std::string& text : texts_) out.put_sized(text);
    return shared_bytes::of(std::move(state));
  }
  void stopped(const error&) override {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    ready_ = false;
  }

  std::vector<std::string> texts() const {
    const std::lock_guard lock(mutex_);
    return texts_;
  }
  bool ready() const {
    const std::lock_guard lock(mutex_);
    return ready_;
  }
  bool has_stopped() const {
    const std::lock_guard lock(mutex_);
    return stopped_;
  }
  static inline bool refuse_restore = false;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
  leadership last_leadership_;
  bool ready_ = false;
  bool stopped_ = false;
};

/// One broker's host, on a directory that outlives it.
struct test_broker {
  int number = 0;
  std::string data_dir;
  std::int64_t boots = 0;
  std::uint16_t port = 0;
  std::size_t threads = 2;
  /// Another one means that the machine was started again.
  std::string boot_id = "boot";
  std::unique_ptr<metrics_registry> metrics;
  std::unique_ptr<raft_host> host;

  void start() {
    const result<> started = try_start();
    ASSERT_TRUE(started.has_value()) << started.error().message;
  }
  result<> try_start() {
    raft_host_options options;
    options.self = replica_of(number);
    options.process = {boot_count(++boots), process_id(boots)};
    options.cluster_id = test_cluster;
    options.cluster_secret = "secret of this test";
    options.listen_port = port;
    options.threads = threads;
    options.storage.data_dir = data_dir;
    options.storage.wal_file_bytes = std::uint64_t{4} << 20;
    options.storage.kernel_boot_id = boot_id;
    metrics = std::make_unique<metrics_registry>();
    host = raft_host::make(options, system_file_system(), time, *metrics,
                           {.make_machine = [](replica&) { return std::make_unique<recording_machine>(); }});
    const result<> started = host->start();
    if (started) port = host->listen_port();
    return started;
  }
  [[nodiscard]] recording_machine& machine(const group_id& group) const {
    return static_cast<recording_machine&>(host->find(group)->machine());
  }
  [[nodiscard]] std::uint64_t count(const std::string& name) const {
    return metrics->counter(name, "").value();
  }

  system_clock time;
};

/// Three brokers on loopback.
class cluster : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/marquee-runtime-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    root_ = pattern;
    for (int number = 1; number <= 3; ++number) {
      test_broker& broker = brokers[number];
      broker.number = number;
      broker.data_dir = root_ + "/" + std::to_string(number);
      broker.start();
    }
    connect();
  }
  void TearDown() override {
    for (auto& [number, broker] : brokers)
      if (broker.host) broker.host->stop();
    for (auto& [number, broker] : brokers) broker.host.reset();
    std::filesystem::remove_all(root_);
  }

  void connect() {
    std::map<broker_id, net::endpoint> peers;
    for (const auto& [number, broker] : brokers) peers[broker_id(number)] = {"127.0.0.1", broker.port};
    for (const auto& [number, broker] : brokers)
      if (broker.host) broker.host->set_peers(peers);
  }
  void crash(int number) {
    brokers[number].host->abandon();
    brokers[number].host.reset();
  }
  void restart(int number) {
    brokers[number].start();
    connect();
  }

  void create(const group_id& group, std::vector<int> members = {1, 2, 3}, group_options how = {}) {
    for (const int number : members) {
      const auto made = brokers[number].host->create_replica(group, voters(members), how);
      ASSERT_TRUE(made.has_value()) << made.error().message;
    }
  }
  /// The running broker whose replica may serve; 0 if there is none.
  int leader_now(const group_id& group) {
    for (const auto& [number, broker] : brokers)
      if (broker.host && broker.host->find(group) && broker.machine(group).ready()) return number;
    return 0;
  }
  /// 0 if there is none in time.
  int wait_for_leader(const group_id& group) {
    int found = 0;
    static_cast<void>(eventually([&] {
      found = leader_now(group);
      return found != 0;
    }));
    return found;
  }

  static proposal text_proposal(const std::string& text) {
    proposal wanted;
    wanted.head = shared_bytes::of(text);
    return wanted;
  }
  /// Proposes on that broker and waits. The error code tells whether it is definite (not the second).
  struct proposed {
    result<proposal_outcome> outcome;
    bool appended = false;
  };
  proposed propose(int number, const group_id& group, const std::string& text) {
    const auto who = brokers[number].host->find(group);
    struct waiting {
      std::mutex mutex;
      std::condition_variable changed;
      std::optional<proposed> answer;
    };
    const auto shared = std::make_shared<waiting>();
    const auto answer = [shared](proposed value) {
      const std::lock_guard lock(shared->mutex);
      shared->answer = std::move(value);
      shared->changed.notify_all();
    };
    who->loop().post([&, who, answer] {
      const auto index = who->propose(text_proposal(text), [answer](result<proposal_outcome> outcome) {
        answer({std::move(outcome), true});
      });
      if (!index) answer({fail(index), false});
    });
    std::unique_lock lock(shared->mutex);
    if (!shared->changed.wait_for(lock, std::chrono::seconds(20), [&] { return shared->answer.has_value(); }))
      return {fail(error_code::timed_out, "no answer"), true};
    return *shared->answer;
  }
  /// Proposes wherever the leader is until it is acknowledged.
  void propose_until_acknowledged(const group_id& group, const std::string& text) {
    ASSERT_TRUE(eventually([&] {
      const int leader = wait_for_leader(group);
      return leader != 0 && propose(leader, group, text).outcome.has_value();
    })) << text;
  }
  result<> read_barrier(int number, const group_id& group) {
    const auto who = brokers[number].host->find(group);
    const auto answer = std::make_shared<std::optional<result<>>>();
    who->loop().post(
        [who, answer] { who->read_barrier([answer](result<> done) { *answer = std::move(done); }); });
    if (!eventually([&] {
          bool there = false;
          who->loop().run_and_wait([&] { there = answer->has_value(); });
          return there;
        }))
      return fail(error_code::timed_out, "no answer");
    return **answer;
  }

  std::map<int, test_broker> brokers;

 private:
  std::string root_;
};

}  // namespace marquee::raft::testing
