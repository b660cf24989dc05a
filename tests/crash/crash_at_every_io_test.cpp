#include <gtest/gtest.h>

#include "tests/crash/crash_workload.h"

namespace marquee::raft {
namespace {

constexpr int actions = 32;

std::uint64_t operations_of(std::uint64_t seed) {
  simulated_file_system files;
  crash_workload workload(files, seed);
  workload.run(actions);
  return files.operations();
}

std::string replay(std::uint64_t seed, std::uint64_t operation, std::uint64_t power_seed) {
  return "workload seed " + std::to_string(seed) + ", operation " + std::to_string(operation) +
         ", power seed " + std::to_string(power_seed);
}

TEST(crash_at_every_io, loses_nothing_that_was_acknowledged) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    const std::uint64_t operations = operations_of(seed);
    ASSERT_GT(operations, 100U);
    for (std::uint64_t operation = 1; operation <= operations; ++operation) {
      for (std::uint64_t power_seed = 1; power_seed <= 3; ++power_seed) {
        simulated_file_system files;
        files.fail_at(operation, disk_fault::crash);
        crash_workload workload(files, seed);
        workload.run(actions);
        files.crash(operation * 31 + power_seed);
        const auto wrong = workload.reopen_and_check();
        ASSERT_FALSE(wrong) << *wrong << "\n" << replay(seed, operation, power_seed);
      }
    }
  }
}

TEST(crash_at_every_io, loses_nothing_when_recovery_is_cut_off_too) {
  const std::uint64_t seed = 5;
  const std::uint64_t operations = operations_of(seed);
  random_source random(99);
  for (std::uint64_t operation = 1; operation <= operations; operation += 1 + random.below(4)) {
    simulated_file_system files;
    files.fail_at(operation, disk_fault::crash);
    crash_workload workload(files, seed);
    workload.run(actions);
    std::uint64_t power_seed = random.next();
    files.crash(power_seed);
    for (int again = 0; again < 3; ++again) {
      files.fail_at(files.operations() + 1 + random.below(12), disk_fault::crash);
      workload.under_test.close();
      (void)workload.under_test.open().has_value();
      power_seed = random.next();
      files.crash(power_seed);
    }
    const auto wrong = workload.reopen_and_check();
    ASSERT_FALSE(wrong) << *wrong << "\n" << replay(seed, operation, power_seed);
  }
}

TEST(crash_at_every_io, killed_process_loses_nothing_and_a_power_loss_after_its_restart_does_not_either) {
  const std::uint64_t seed = 6;
  const std::uint64_t operations = operations_of(seed);
  for (std::uint64_t operation = 1; operation <= operations; operation += 3) {
    simulated_file_system files;
    files.fail_at(operation, disk_fault::crash);
    crash_workload workload(files, seed);
    workload.run(actions);
    files.kill_process();
    auto wrong = workload.reopen_and_check();
    ASSERT_FALSE(wrong) << *wrong << "\n" << replay(seed, operation, 0);
    files.crash(operation);
    wrong = workload.reopen_and_check();
    ASSERT_FALSE(wrong) << *wrong << "\n" << replay(seed, operation, operation) << " after a restart";
  }
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
