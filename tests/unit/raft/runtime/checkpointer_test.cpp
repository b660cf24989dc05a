#include "raft/runtime/checkpointer.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "raft/runtime/leader_table.h"
#include "raft/runtime/partition_thread.h"
#include "raft/transport/raft_transport.h"

namespace marquee::raft {
namespace {

/// A store whose checkpoints end when the test says so.
class waiting_store final : public log_store {
 public:
  std::vector<recovered_group> take_recovered() override { return {}; }
  result<std::unique_ptr<group_log>> create_group(const group_id&, const configuration&) override {
    return fail(error_code::internal, "not for this test");
  }
  result<> remove_group(const group_id&) override { return {}; }
  result<recovered_group> reopen_group(const group_id&) override {
    return fail(error_code::internal, "not for this test");
  }
  void checkpoint(std::vector<group_checkpoint>, std::function<void(result<>)> done) override {
    under_way.push_back(std::move(done));
  }
  void stop() override {}

  std::deque<std::function<void(result<>)>> under_way;
};

class checkpointer_test : public testing::Test {
 protected:
  checkpointer_test() {
    threads_.push_back(std::make_unique<partition_thread>("partitions", environment_, transport_));
  }
  /// Lets the partition thread gather.
  void settle() {
    threads_.front()->home_loop().run_and_wait([] {});
  }
  void end_one(result<> outcome = {}) {
    ASSERT_FALSE(store_.under_way.empty());
    const auto done = std::move(store_.under_way.front());
    store_.under_way.pop_front();
    done(std::move(outcome));
    settle();
  }

  waiting_store store_;
  metrics_registry registry_;
  runtime_metrics metrics_{registry_};
  simulated_clock time_;
  raft_host_options options_;
  raft_host_callbacks callbacks_;
  leader_table leaders_;
  replica_environment environment_{.options = options_,
                                   .callbacks = callbacks_,
                                   .time = time_,
                                   .metrics = metrics_,
                                   .leaders = leaders_,
                                   .leadership_won = [] {}};
  raft_transport transport_{{}, {}, registry_};
  std::vector<std::unique_ptr<partition_thread>> threads_;
  checkpointer checkpointer_{store_, threads_, metrics_, time_};
};

// The log wants the next one as soon as its part of the last is written, a moment before that one has ended.
TEST_F(checkpointer_test, checkpoint_that_the_log_wants_while_one_is_under_way_follows_it) {
  checkpointer_.begin();
  settle();
  checkpointer_.begin();
  checkpointer_.begin();
  settle();
  EXPECT_EQ(store_.under_way.size(), 1U) << "one at a time";
  end_one();
  EXPECT_EQ(store_.under_way.size(), 1U) << "the wish was lost";
  end_one();
  EXPECT_TRUE(store_.under_way.empty()) << "nobody wanted a third";
}

TEST_F(checkpointer_test, who_waits_for_the_end_hears_of_a_conflict_at_once) {
  checkpointer_.begin();
  settle();
  result<> told;
  checkpointer_.begin([&](result<> outcome) { told = std::move(outcome); });
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, error_code::conflict);
  end_one();
  EXPECT_TRUE(store_.under_way.empty());
}

TEST_F(checkpointer_test, one_that_is_tried_again_waits_for_a_few_seconds) {
  time_.advance_ms(10'000);
  checkpointer_.begin();
  settle();
  end_one(fail(error_code::no_space, "full"));
  checkpointer_.begin_again();
  settle();
  EXPECT_TRUE(store_.under_way.empty());
  time_.advance_ms(3000);
  checkpointer_.begin_again();
  settle();
  EXPECT_EQ(store_.under_way.size(), 1U);
  end_one();
}

}  // namespace
}  // namespace marquee::raft
