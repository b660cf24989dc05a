#include "booking_app/supervisor/replacement_plan.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace marquee::booking {
namespace {

replica_view retired(std::int64_t incarnation = 1) {
  return {.incarnation = incarnation, .state = replica_state::retired, .newest_used = incarnation};
}

TEST(replacement_plan, leaves_a_replica_alone_that_is_not_retired) {
  for (const replica_state state : {replica_state::catching_up, replica_state::voting}) {
    replica_view view{.incarnation = 2, .state = state, .newest_used = 2};
    EXPECT_EQ(plan_next_step(view, 0).step, replica_step::nothing)
        << "it does not run: the front ends miss it";
    view.running = 2;
    EXPECT_EQ(plan_next_step(view, 0).step, replica_step::nothing);
  }
}

TEST(replacement_plan, starts_a_replica_again_that_is_gone_for_long_though_nobody_retires_it) {
  const plan_limits limits{.restart_ms = 20'000};
  replica_view view{.incarnation = 2, .state = replica_state::voting, .newest_used = 2, .recorded = 2};
  view.gone_since_ms = 1'000;
  EXPECT_EQ(plan_next_step(view, 20'999, limits).step, replica_step::nothing);
  const planned_step next = plan_next_step(view, 21'000, limits);
  EXPECT_EQ(next.step, replica_step::start);
  EXPECT_EQ(next.incarnation, 2) << "on its own folder";
  view.not_before_ms = 30'000;
  EXPECT_EQ(plan_next_step(view, 21'000, limits).step, replica_step::nothing);
  view.not_before_ms = 0;
  view.starting = true;
  EXPECT_EQ(plan_next_step(view, 21'000, limits).step, replica_step::nothing);
}

TEST(replacement_plan, stops_a_retired_process_before_it_starts_another) {
  replica_view view = retired();
  view.running = 1;
  EXPECT_EQ(plan_next_step(view, 0).step, replica_step::stop);
  view.running.reset();
  const planned_step next = plan_next_step(view, 0);
  EXPECT_EQ(next.step, replica_step::start);
  EXPECT_EQ(next.incarnation, 2);
}

TEST(replacement_plan, puts_the_present_incarnation_in_the_place_of_an_outdated_process) {
  replica_view view{.incarnation = 3, .state = replica_state::voting, .recorded = 2, .running = 2};
  EXPECT_EQ(plan_next_step(view, 0).step, replica_step::stop);
  view.running.reset();
  const planned_step next = plan_next_step(view, 0);
  EXPECT_EQ(next.step, replica_step::start);
  EXPECT_EQ(next.incarnation, 3);
  view.starting = true;
  EXPECT_EQ(plan_next_step(view, 0).step, replica_step::nothing);
  view.starting = false;
  view.recorded = 3;
  EXPECT_EQ(plan_next_step(view, 0).step, replica_step::nothing);
}

TEST(replacement_plan, starts_a_number_that_was_never_used) {
  replica_view view = retired(2);
  view.newest_used = 5;
  EXPECT_EQ(plan_next_step(view, 0).incarnation, 6);
  view.newest_used = 0;
  EXPECT_EQ(plan_next_step(view, 0).incarnation, 3) << "folders may be gone, the ledger is not";
}

TEST(replacement_plan, starts_nothing_while_a_process_of_the_replica_is_about_to_say_what_it_is) {
  replica_view view = retired();
  view.starting = true;
  view.new_process_ms = 1'000;
  EXPECT_EQ(plan_next_step(view, 60'999).step, replica_step::nothing);
  EXPECT_EQ(plan_next_step(view, 61'000).step, replica_step::stop);
}

TEST(replacement_plan, announces_a_new_process_once_it_answers) {
  replica_view view = retired();
  view.running = 2;
  EXPECT_EQ(plan_next_step(view, 10).step, replica_step::nothing);
  view.answers = true;
  const planned_step next = plan_next_step(view, 10);
  EXPECT_EQ(next.step, replica_step::announce);
  EXPECT_EQ(next.incarnation, 2);
  view.announced_ms = 10;
  EXPECT_EQ(plan_next_step(view, 20).step, replica_step::nothing);
  EXPECT_EQ(plan_next_step(view, 5'010).step, replica_step::announce) << "the entry was lost";
}

TEST(replacement_plan, pauses_after_a_start_that_failed) {
  replica_view view = retired();
  view.not_before_ms = 500;
  EXPECT_EQ(plan_next_step(view, 499).step, replica_step::nothing);
  EXPECT_EQ(plan_next_step(view, 500).step, replica_step::start);
  EXPECT_EQ(pause_after_failures(0), 0);
  EXPECT_EQ(pause_after_failures(1), 500);
  EXPECT_EQ(pause_after_failures(3), 2'000);
  EXPECT_EQ(pause_after_failures(100), 30'000);
}

TEST(replacement_plan, removes_old_folders_once_the_new_incarnation_votes) {
  replica_view view{.incarnation = 3,
                    .state = replica_state::catching_up,
                    .newest_used = 3,
                    .oldest_kept = 2,
                    .running = 3};
  EXPECT_EQ(plan_next_step(view, 0).step, replica_step::nothing);
  view.state = replica_state::voting;
  EXPECT_EQ(plan_next_step(view, 0).step, replica_step::remove_old);
  view.oldest_kept = 3;
  EXPECT_EQ(plan_next_step(view, 0).step, replica_step::nothing);
}

/// One replica and its machine, with a supervisor that may die after any step and forgets all but what is on
/// disk, in the ledger, or running.
class simulated_machine {
 public:
  explicit simulated_machine(unsigned seed) : random_(seed) {}

  void step() {
    now_ += 100;
    if (chance(10)) forget();
    switch (random_() % 8) {
      case 0:
        if (state_ != replica_state::retired && chance(3)) state_ = replica_state::retired;
        break;
      case 1:
        if (living_ && chance(4)) die();
        break;
      case 2:
        if (living_ && !says_who_) says_who_ = true;
        break;
      case 3:
        fold_one();
        break;
      default:
        act();
    }
  }
  /// Everything works from here on: the replica must come to life.
  void settle() {
    for (int i = 0; i < 2'000; ++i) {
      now_ += 100;
      if (living_) says_who_ = true;
      fold_one();
      act();
    }
    EXPECT_TRUE(state_ != replica_state::retired || (living_ && *living_ > incarnation_));
  }

  std::set<std::int64_t> started;

 private:
  bool chance(unsigned one_in) { return random_() % one_in == 0; }
  void forget() {
    announced_ = {};
    not_before_ms_ = 0;
  }
  void die() {
    living_.reset();
    says_who_ = false;
  }
  void fold_one() {
    if (log_.empty()) return;
    if (log_.front() > incarnation_) {
      incarnation_ = log_.front();
      state_ = replica_state::catching_up;
    }
    log_.erase(log_.begin());
  }
  void act() {
    replica_view view{.incarnation = incarnation_,
                      .state = state_,
                      .newest_used = newest_used_,
                      .starting = living_ && !says_who_,
                      .new_process_ms = now_,
                      .not_before_ms = not_before_ms_};
    if (says_who_) {
      view.running = living_;
      view.answers = true;
      if (announced_ && announced_->first == *living_) view.announced_ms = announced_->second;
    }
    const planned_step next = plan_next_step(view, now_);
    if (next.step == replica_step::stop) die();
    if (next.step == replica_step::announce) {
      announced_ = {next.incarnation, now_};
      if (!chance(5)) log_.push_back(next.incarnation);
    }
    if (next.step != replica_step::start) return;
    EXPECT_FALSE(living_) << "two processes of one replica";
    EXPECT_TRUE(started.insert(next.incarnation).second) << "incarnation " << next.incarnation << " twice";
    newest_used_ = next.incarnation;
    if (chance(4)) {
      not_before_ms_ = now_ + 500;
      return;
    }
    living_ = next.incarnation;
    says_who_ = false;
  }

  std::mt19937 random_;
  std::int64_t now_ = 0;
  std::int64_t incarnation_ = 1;
  replica_state state_ = replica_state::voting;
  std::int64_t newest_used_ = 1;
  std::optional<std::int64_t> living_ = 1;
  bool says_who_ = true;
  std::int64_t not_before_ms_ = 0;
  std::optional<std::pair<std::int64_t, std::int64_t>> announced_{};
  std::vector<std::int64_t> log_{};
};

TEST(replacement_plan, never_has_two_processes_nor_one_incarnation_twice_whenever_the_supervisor_dies) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    simulated_machine machine(seed);
    for (int i = 0; i < 500; ++i) machine.step();
    machine.settle();
    EXPECT_FALSE(machine.started.empty());
  }
}

}  // namespace
}  // namespace marquee::booking
