#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

#include "tests/crash/crash_workload.h"

namespace marquee::raft {
namespace {

constexpr int actions = 32;

std::string replay(std::uint64_t seed, std::uint64_t operation) {
  return "operation " + std::to_string(operation) +
         "; again with MARQUEE_CRASH_SEEDS=" + std::to_string(seed) + "-" + std::to_string(seed) +
         " test_crash --gtest_filter='crash_at_every_io.*'";
}

/// Runs the workload once per I/O that it makes, each time with a power loss in the middle of that one, and
/// hands over what is left for a closer look: a description of what is wrong, or nothing.
void crash_at_each(seed_range usual,
                   const std::function<std::optional<std::string>(simulated_file_system&, crash_workload&,
                                                                  std::uint64_t)>& look) {
  const seed_range range = seeds(usual);
  for (std::uint64_t seed = range.first; seed <= range.last; ++seed) {
    const std::uint64_t operations = crash_workload::operations_of(seed, actions);
    ASSERT_GT(operations, 80U);
    for (std::uint64_t operation = 1; operation <= operations; ++operation) {
      simulated_file_system files;
      files.fail_at(operation, disk_fault::crash);
      crash_workload workload(files, seed);
      workload.run(actions);
      const auto wrong = look(files, workload, operation);
      ASSERT_FALSE(wrong) << *wrong << "\n" << replay(seed, operation);
    }
  }
}

TEST(crash_at_every_io, loses_nothing_that_was_acknowledged) {
  for (std::uint64_t power_seed = 1; power_seed <= 3; ++power_seed)
    crash_at_each({1, 2},
                  [&](simulated_file_system& files, crash_workload& workload, std::uint64_t operation) {
                    files.crash(operation * 31 + power_seed);
                    return workload.reopen_and_check();
                  });
}

TEST(crash_at_every_io, loses_nothing_when_recovery_is_cut_off_too) {
  crash_at_each({110, 110},
                [](simulated_file_system& files, crash_workload& workload, std::uint64_t operation) {
                  random_source random(operation);
                  files.crash(random.next());
                  for (int again = 0; again < 3; ++again) {
                    files.fail_at(files.operations() + 1 + random.below(12), disk_fault::crash);
                    workload.under_test.close();
                    (void)workload.under_test.open().has_value();
                    files.crash(random.next());
                  }
                  return workload.reopen_and_check();
                });
}

TEST(crash_at_every_io, killed_process_loses_nothing_and_a_power_loss_after_its_restart_does_not_either) {
  crash_at_each({6, 6}, [](simulated_file_system& files, crash_workload& workload, std::uint64_t operation) {
    files.kill_process();
    auto wrong = workload.reopen_and_check();
    if (wrong) return wrong;
    files.crash(operation);
    return workload.reopen_and_check();
  });
}

// raft-pitfalls 65: a checker that cannot fail proves nothing.
TEST(crash_at_every_io, finds_a_disk_whose_syncs_lie) {
  bool found = false;
  for (std::uint64_t operation = 20; operation <= 150 && !found; ++operation) {
    simulated_file_system files;
    files.let_syncs_lie(true);
    files.fail_at(operation, disk_fault::crash);
    crash_workload workload(files, 1);
    workload.run(actions);
    files.crash(operation);
    found = workload.reopen_and_check().has_value();
  }
  EXPECT_TRUE(found);
}

TEST(crash_at_every_io, finds_a_flush_that_acknowledges_before_its_sync) {
  bool found = false;
  for (std::uint64_t operation = 20; operation <= 150 && !found; ++operation) {
    simulated_file_system files;
    files.fail_at(operation, disk_fault::crash);
    crash_workload workload(files, 1);
    workload.under_test.planted_bug = true;
    workload.run(actions);
    workload.under_test.planted_bug = false;
    files.crash(operation);
    found = workload.reopen_and_check().has_value();
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace marquee::raft
