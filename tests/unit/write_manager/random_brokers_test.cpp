// Brokers with random lives under one write manager's health check, against what is really true of them.
// Replay one with MARQUEE_TEST_SEED=<seed> test_write_manager --gtest_filter='random_brokers*'.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/random.h"
#include "write_manager/broker_health.h"

namespace marquee::write_manager {
namespace {

/// What a manager that is broken in a certain way would do.
enum class planted : std::uint8_t {
  nothing,
  believes_silence_alone,
  forgets_its_own_pauses,
  evicts_any_number
};

constexpr std::int64_t step_ms = 100;
const broker_health_options options{.quiet_ms = 3'000, .suspect_ms = 10'000, .eviction_ms = 40'000};

/// A cluster's life, from a seed. `violation` is the first thing that must not be.
class random_life {
 public:
  random_life(std::uint64_t seed, planted fault) : random_(seed), fault_(fault) {
    const std::uint64_t count = 3 + random_.below(7);
    for (std::uint64_t id = 1; id <= count; ++id) brokers_[id_of(id)] = {};
  }

  std::string violation;
  int evictions = 0;
  int returns = 0;

  void run(int steps) {
    for (int step = 0; step < steps && violation.empty(); ++step) take_step();
    heal();
    for (int step = 0; step < 300 && violation.empty(); ++step) pass();
    if (!violation.empty()) return;
    for (const auto& [id, broker] : brokers_)
      if (health_.state_of(id) != broker_state::alive)
        fail_with(id, "is not alive after everything was healed");
  }

 private:
  struct broker {
    bool runs = true;
    bool managers_hear_it = true;
    bool stopping = false;
    bool evicted = false;
    std::int64_t boot = 1;
    std::int64_t phase_ms = 0;              ///< when within a second it sends
    std::int64_t last_sent_ms = -1;         ///< that arrived
    std::int64_t unreachable_since_ms = 0;  ///< 0: a majority of the others has a connection to it
  };

  static broker_id id_of(std::uint64_t number) { return broker_id(static_cast<std::int32_t>(number)); }
  broker& any() { return brokers_[id_of(1 + random_.below(brokers_.size()))]; }
  void fail_with(broker_id id, const std::string& what) {
    violation = "broker " + std::to_string(id.value()) + " " + what + " at " + std::to_string(now_ms_);
  }

  void take_step() {
    const std::uint64_t dice = random_.below(1'000);
    if (dice < 4)
      any().runs = false;
    else if (dice < 6)
      any().managers_hear_it = false;
    else if (dice < 7)
      any().stopping = true;
    else if (dice < 16)
      restart(any());
    else if (dice < 17)
      pause();
    else if (dice < 18)
      heal();
    pass();
  }
  void restart(broker& one) {
    if (!one.runs || one.stopping) ++one.boot;
    restarted_ms_ = now_ms_;
    one.runs = true;
    one.stopping = false;
    one.managers_hear_it = true;
    one.phase_ms = static_cast<std::int64_t>(random_.below(10)) * step_ms;
  }
  void heal() {
    for (auto& [id, one] : brokers_) restart(one);
  }
  /// The manager stands still; what is sent to it meanwhile waits in its sockets, one heartbeat each.
  void pause() {
    const std::int64_t duration_ms = random_.between(30, 1'200) * step_ms;
    now_ms_ += duration_ms;
    resumed_ms_ = now_ms_;
    if (fault_ == planted::forgets_its_own_pauses)
      for (std::int64_t missed = duration_ms; missed > 0; missed -= 1'000)
        static_cast<void>(health_.look(evicted_by_id(), now_ms_ - missed));
    for (auto& [id, one] : brokers_) {
      if (!one.runs) continue;
      one.last_sent_ms = -1;
      one.phase_ms = static_cast<std::int64_t>(random_.below(10)) * step_ms;
    }
  }

  std::map<broker_id, bool> evicted_by_id() const {
    std::map<broker_id, bool> all;
    for (const auto& [id, one] : brokers_) all[id] = one.evicted;
    return all;
  }
  health_report report(broker_id from, const broker& one) const {
    std::vector<broker_id> peers;
    for (const auto& [id, other] : brokers_)
      if (id != from && other.runs && fault_ != planted::believes_silence_alone) peers.push_back(id);
    return {.boot = boot_count(one.boot), .connected_peers = peers, .stopping = one.stopping};
  }

  void pass() {
    now_ms_ += step_ms;
    for (auto& [id, one] : brokers_) {
      if (one.runs) one.unreachable_since_ms = 0;
      if (!one.runs && one.unreachable_since_ms == 0) one.unreachable_since_ms = now_ms_;
      if (!one.runs || !one.managers_hear_it || now_ms_ % 1'000 != one.phase_ms) continue;
      health_.heard(id, report(id, one), now_ms_);
      one.last_sent_ms = now_ms_;
    }
    static_cast<void>(health_.look(evicted_by_id(), now_ms_));
    check_states();
    act();
  }

  void check_states() {
    for (const auto& [id, one] : brokers_) {
      const broker_state state = health_.state_of(id);
      const bool spoke = one.last_sent_ms >= 0 && now_ms_ - one.last_sent_ms < options.suspect_ms;
      if ((state == broker_state::evicted) != one.evicted)
        fail_with(id, "is evicted here and not in the row");
      if (spoke && !one.evicted && state != broker_state::alive && state != broker_state::draining)
        fail_with(id, "spoke a moment ago and is " + std::string(to_string(state)));
      if (one.last_sent_ms >= 0 && !spoke &&
          (state == broker_state::alive || state == broker_state::draining))
        fail_with(id, "is silent and alive");
      if (state == broker_state::failed && one.runs && one.unreachable_since_ms == 0 && reports_are_fresh())
        fail_with(id, "runs, others reach it, and it counts as failed");
    }
  }
  /// Everybody who is heard has had time to report what is true now.
  bool reports_are_fresh() const { return now_ms_ - resumed_ms_ > 2'000 && now_ms_ - restarted_ms_ > 2'000; }

  /// For long enough that its silence is known.
  std::size_t dead() const {
    return static_cast<std::size_t>(std::ranges::count_if(brokers_, [this](const auto& item) {
      return !item.second.runs && !item.second.evicted &&
             now_ms_ - item.second.unreachable_since_ms > options.suspect_ms;
    }));
  }
  std::size_t members() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(brokers_, [](const auto& item) { return !item.second.evicted; }));
  }

  void act() {
    eviction_verdict verdict = health_.next_eviction(now_ms_);
    if (fault_ == planted::evicts_any_number && !verdict.evict)
      for (const auto& [id, one] : brokers_)
        if (health_.state_of(id) == broker_state::failed && now_ms_ - one.unreachable_since_ms > 60'000)
          verdict.evict = id;
    if (verdict.evict) evict(*verdict.evict);
    if (const auto back = health_.next_return(now_ms_)) {
      broker& one = brokers_[*back];
      if (!one.evicted || now_ms_ - one.last_sent_ms >= options.quiet_ms)
        fail_with(*back, "is taken back and is not there");
      one.evicted = false;
      ++returns;
    }
  }
  void evict(broker_id id) {
    broker& one = brokers_[id];
    if (one.evicted) fail_with(id, "is evicted twice");
    // Who has come back a moment ago may not have been heard yet; it is taken back as soon as it is.
    const bool settled = now_ms_ - restarted_ms_ > 2'000;
    if (settled && one.runs && one.managers_hear_it) fail_with(id, "is evicted and speaks");
    if (settled && one.unreachable_since_ms == 0) fail_with(id, "is evicted although others reach it");
    if (now_ms_ - one.unreachable_since_ms < options.eviction_ms) fail_with(id, "is evicted too early");
    if (now_ms_ - resumed_ms_ < options.eviction_ms + options.suspect_ms)
      fail_with(id, "is evicted although this manager has not watched for long enough");
    if (3 * dead() > members()) fail_with(id, "is evicted while more than a third is dead");
    one.evicted = true;
    ++evictions;
  }

  random_source random_;
  planted fault_;
  std::int64_t now_ms_ = 1'000'000;
  std::int64_t resumed_ms_ = now_ms_;
  std::int64_t restarted_ms_ = 0;
  std::map<broker_id, broker> brokers_;
  broker_health health_{options, now_ms_};
};

TEST(random_brokers, are_judged_by_what_is_true) {
  const char* given = std::getenv("MARQUEE_TEST_SEED");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  const std::uint64_t lives = given != nullptr ? 1 : 40;
  int evictions = 0;
  int returns = 0;
  for (std::uint64_t seed = first; seed < first + lives; ++seed) {
    random_life life(seed, planted::nothing);
    life.run(4'000);
    ASSERT_EQ(life.violation, "") << "replay with MARQUEE_TEST_SEED=" << seed
                                  << " test_write_manager --gtest_filter='random_brokers*'";
    evictions += life.evictions;
    returns += life.returns;
  }
  if (given == nullptr) {
    EXPECT_GT(evictions, 0);
    EXPECT_GT(returns, 0);
  }
}

void expect_caught(planted fault) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    random_life life(seed, fault);
    life.run(4'000);
    if (!life.violation.empty()) return;
  }
  FAIL() << "the planted bug was not found in 200 lives";
}

TEST(random_brokers, manager_that_believes_silence_alone_is_caught) {
  expect_caught(planted::believes_silence_alone);
}

TEST(random_brokers, manager_that_forgets_its_own_pauses_is_caught) {
  expect_caught(planted::forgets_its_own_pauses);
}

TEST(random_brokers, manager_that_evicts_any_number_is_caught) {
  expect_caught(planted::evicts_any_number);
}

}  // namespace
}  // namespace marquee::write_manager
