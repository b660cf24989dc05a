#include "raft/core/planted_bugs.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/simulation/simulation.h"

/// Pitfall 65: a checker that cannot fail proves nothing. Each of these bugs has to be found.
namespace marquee::raft::simulation {
namespace {

struct finding {
  std::uint64_t seeds = 0;
  std::string violation;
};

finding search(simulation_options options, std::uint64_t most_seeds) {
  for (std::uint64_t seed = 1; seed <= most_seeds; ++seed) {
    options.seed = seed;
    const simulation_report report = run_simulation(options);
    if (!report.violation.empty()) return {seed, report.violation};
  }
  return {most_seeds, ""};
}

finding search_for(planted_bug bug, std::uint64_t most_seeds, simulation_options options = {}) {
  active_bug = bug;
  const finding found = search(options, most_seeds);
  active_bug = planted_bug::none;
  return found;
}

void expect_found(const finding& found) {
  EXPECT_NE(found.violation, "") << "not found in " << found.seeds << " seeds";
  std::printf("found with seed %llu: %s\n", static_cast<unsigned long long>(found.seeds),
              found.violation.c_str());
}

TEST(simulator_finds, vote_that_is_not_persisted) {
  expect_found(search({.disk_forgets_votes = true}, 300));
}

TEST(simulator_finds, commit_of_an_older_term_by_counting) {
  expect_found(search_for(planted_bug::commits_old_terms_by_counting, 500));
}

TEST(simulator_finds, acknowledgement_before_the_sync) {
  expect_found(search_for(planted_bug::acknowledges_before_the_sync, 20));
}

TEST(simulator_finds, truncation_by_a_repeated_append) {
  expect_found(search_for(planted_bug::truncates_on_every_append, 50));
}

TEST(simulator_finds, window_that_waits_for_lost_appends_for_ever) {
  expect_found(search_for(planted_bug::waits_for_lost_appends, 50));
}

TEST(simulator_finds, read_that_is_confirmed_by_answers_to_an_earlier_round) {
  expect_found(search_for(planted_bug::counts_late_read_answers, 200));
}

TEST(simulator_finds, retention_past_the_slowest_voter) {
  expect_found(search_for(planted_bug::drops_what_a_voter_lacks, 20));
}

TEST(simulator_finds, log_start_that_is_shown_before_it_is_committed) {
  expect_found(search({.log_start_at_append = true}, 20));
}

TEST(simulator_finds, log_start_that_goes_back) {
  expect_found(search({.newest_log_start_wins = true}, 200));
}

// DESIGN D4: what goes wrong when machines lose power under relaxed durability.
const simulation_options relaxed{.relaxed = true};

TEST(simulator_finds, vote_in_doubt_that_counts) {
  expect_found(search_for(planted_bug::counts_votes_in_doubt, 500, relaxed));
}

TEST(simulator_finds, match_that_is_never_lowered) {
  expect_found(search_for(planted_bug::never_lowers_match, 100, relaxed));
}

TEST(simulator_finds, doubt_that_is_settled_too_early) {
  expect_found(search_for(planted_bug::settles_doubt_too_early, 100, relaxed));
}

// The same rules where a disk damages what it had synced.
const simulation_options damaged{.damaged = true};

TEST(simulator_finds, damage_that_is_overlooked) {
  expect_found(search({.damaged = true, .damage_is_overlooked = true}, 50));
}

TEST(simulator_finds, vote_of_a_damaged_replica_that_counts) {
  expect_found(search_for(planted_bug::counts_votes_in_doubt, 500, damaged));
}

TEST(simulator_finds, match_of_a_damaged_replica_that_is_never_lowered) {
  expect_found(search_for(planted_bug::never_lowers_match, 100, damaged));
}

TEST(simulator_finds, damaged_replica_that_counts_too_early) {
  expect_found(search_for(planted_bug::settles_doubt_too_early, 100, damaged));
}

TEST(simulator_finds, nothing_where_nothing_is_planted) {
  EXPECT_EQ(search(damaged, 20).violation, "");
  EXPECT_EQ(search({}, 20).violation, "");
  EXPECT_EQ(search(relaxed, 20).violation, "");
}

}  // namespace
}  // namespace marquee::raft::simulation
