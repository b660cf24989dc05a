#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "tests/unit/base/temporary_folder.h"
#include "tests/unit/raft/storage/store_under_test.h"

namespace marquee::raft {
namespace {

/// Counts completions and lets a test wait for them.
class completion_counter {
 public:
  persist_done next() {
    return [this](const result<persist_times>& done) {
      const std::lock_guard guard(mutex_);
      (done ? good_ : bad_) += 1;
      changed_.notify_all();
    };
  }
  [[nodiscard]] bool wait_for_good(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return good_ >= count; });
  }
  [[nodiscard]] int good() {
    const std::lock_guard guard(mutex_);
    return good_;
  }
  [[nodiscard]] int bad() {
    const std::lock_guard guard(mutex_);
    return bad_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int good_ = 0;
  int bad_ = 0;
};

class threaded_store_test : public testing::Test {
 protected:
  void open() {
    log_store_options options;
    options.data_dir = folder.path() + "/node";
    options.wal_file_bytes = 1 << 20;
    options.checkpoint_bytes = 3 << 20;
    log_store::callbacks on;
    on.checkpoint_wanted = [this] { checkpoint_wanted = true; };
    auto opened = log_store::open(system_file_system(), time, metrics, options, on);
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
  }

  /// Of all but the newest entries; returns when it is done.
  void checkpoint_all(const std::vector<std::unique_ptr<group_log>>& logs) {
    std::vector<group_checkpoint> all;
    for (std::size_t i = 0; i < logs.size(); ++i) {
      group_checkpoint one;
      one.group = group_number(static_cast<int>(i));
      one.state.applied = std::max(log_index(0), logs[i]->last_index() - 5);
      all.push_back(std::move(one));
    }
    const auto finished = std::make_shared<std::promise<bool>>();
    auto outcome = finished->get_future();
    store->checkpoint(std::move(all),
                      [finished](const result<>& done) { finished->set_value(done.has_value()); });
    EXPECT_TRUE(outcome.get());
  }

  temporary_folder folder;
  marquee::system_clock time;
  metrics_registry metrics;
  std::unique_ptr<log_store> store;
  std::atomic<bool> checkpoint_wanted{false};
};

TEST_F(threaded_store_test, entries_of_several_groups_on_several_threads_are_back_after_a_restart) {
  constexpr int groups = 4;
  constexpr std::int64_t entries = 3000;
  open();
  std::vector<std::unique_ptr<group_log>> logs;
  for (int i = 0; i < groups; ++i) {
    auto made = store->create_group(group_number(i), three_voters());
    ASSERT_TRUE(made) << made.error().message;
    logs.push_back(std::move(*made));
  }
  completion_counter completions;
  std::vector<std::thread> threads;
  for (int i = 0; i < groups; ++i) {
    threads.emplace_back([&, i] {
      for (std::int64_t index = 1; index <= entries; ++index) {
        persist_request request;
        if (index % 500 == 1) request.hard = hard_state{term_number(index), replica_number(i)};
        request.entries = {data_entry(index, 1, index - 1, 1, std::string(1000, 'x'))};
        while (!logs[static_cast<std::size_t>(i)]->persist(request, durability::durable, completions.next()))
          std::this_thread::yield();
      }
    });
  }
  int checkpoints = 0;
  std::thread checkpointer([&] {
    while (completions.good() < groups * entries || checkpoints == 0) {
      if (!checkpoint_wanted.exchange(false)) {
        std::this_thread::yield();
        continue;
      }
      checkpoint_all(logs);
      ++checkpoints;
    }
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(completions.wait_for_good(groups * entries));
  checkpointer.join();
  EXPECT_EQ(completions.bad(), 0);
  store->stop();
  logs.clear();
  store.reset();

  open();
  auto recovered = store->take_recovered();
  ASSERT_EQ(recovered.size(), static_cast<std::size_t>(groups));
  for (const recovered_group& found : recovered) {
    EXPECT_EQ(found.damage, "");
    EXPECT_EQ(found.restored.hard.term, term_number(2501));
    EXPECT_EQ(found.log->last_index(), log_index(entries));
    for (log_index next(1); next <= log_index(entries);) {
      const auto some = found.log->read(next, log_index(entries + 1), 1 << 20);
      ASSERT_TRUE(some) << some.error().message;
      next = some->back().index + 1;
    }
  }
}

TEST_F(threaded_store_test, stop_flushes_what_is_queued_and_later_appends_are_refused) {
  open();
  auto log = store->create_group(group_number(1), three_voters());
  ASSERT_TRUE(log);
  completion_counter completions;
  persist_request request;
  request.entries = {data_entry(1, 1, 0, 1, "record")};
  ASSERT_TRUE((*log)->persist(request, durability::durable, completions.next()));
  store->stop();
  EXPECT_TRUE(completions.wait_for_good(1));
  request.entries = {data_entry(2, 1, 1, 1, "record")};
  EXPECT_FALSE((*log)->persist(request, durability::durable, completions.next()));
}

TEST_F(threaded_store_test, relaxed_write_is_acknowledged_at_once_and_synced_soon) {
  open();
  auto log = store->create_group(group_number(1), three_voters());
  ASSERT_TRUE(log);
  auto& syncs = metrics.counter("marquee_storage_fsyncs_total", "");
  const auto before = syncs.value();
  completion_counter completions;
  persist_request request;
  request.entries = {data_entry(1, 1, 0, 1, "record")};
  ASSERT_TRUE((*log)->persist(request, durability::relaxed, completions.next()));
  EXPECT_TRUE(completions.wait_for_good(1));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (syncs.value() == before && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(syncs.value(), before + 1);
}

TEST_F(threaded_store_test, second_store_on_the_same_folder_is_refused) {
  open();
  log_store_options options;
  options.data_dir = folder.path() + "/node";
  metrics_registry others;
  auto second = log_store::open(system_file_system(), time, others, options, {});
  EXPECT_EQ(second.error().code, error_code::refused);
}

}  // namespace
}  // namespace marquee::raft
