#include "raft/core/quorum.h"

#include <gtest/gtest.h>

#include <set>

namespace marquee::raft {
namespace {

replica_id replica(int number) {
  return {broker_id(number), incarnation_id(1)};
}

std::vector<replica_id> replicas(std::initializer_list<int> numbers) {
  std::vector<replica_id> list;
  for (const int number : numbers) list.push_back(replica(number));
  return list;
}

log_index quorum_of(const configuration& members, std::map<int, int> matches) {
  return quorum_index(members,
                      [&](const replica_id& voter) { return log_index(matches[voter.broker.value()]); });
}

TEST(quorum, majority_is_more_than_half) {
  for (int size = 1; size <= 7; ++size) {
    std::vector<replica_id> voters;
    for (int number = 1; number <= size; ++number) voters.push_back(replica(number));
    for (int holding = 0; holding <= size; ++holding) {
      const auto holds = [&](const replica_id& voter) { return voter.broker.value() <= holding; };
      EXPECT_EQ(has_majority(voters, holds), 2 * holding > size) << holding << " of " << size;
    }
  }
}

TEST(quorum, nobody_is_no_majority) {
  EXPECT_FALSE(has_quorum(configuration{}, [](const replica_id&) { return true; }));
  EXPECT_EQ(quorum_of({}, {}), log_index(0));
}

TEST(quorum, index_is_the_highest_that_a_majority_has) {
  EXPECT_EQ(quorum_of({replicas({1}), {}, {}}, {{1, 7}}), log_index(7));
  EXPECT_EQ(quorum_of({replicas({1, 2}), {}, {}}, {{1, 7}, {2, 3}}), log_index(3));
  EXPECT_EQ(quorum_of({replicas({1, 2, 3}), {}, {}}, {{1, 7}, {2, 3}, {3, 5}}), log_index(5));
  EXPECT_EQ(quorum_of({replicas({1, 2, 3, 4}), {}, {}}, {{1, 9}, {2, 8}, {3, 2}, {4, 1}}), log_index(2));
  EXPECT_EQ(quorum_of({replicas({1, 2, 3}), {}, replicas({4})}, {{4, 9}}), log_index(0)) << "learners";
}

// Thesis 4.3.
TEST(quorum, joint_index_is_the_lower_of_both_majorities) {
  const configuration joint{replicas({1, 2, 3}), replicas({3, 4, 5}), {}};
  EXPECT_EQ(quorum_of(joint, {{1, 9}, {2, 9}, {3, 1}, {4, 4}, {5, 2}}), log_index(2));
}

// The definition itself, tried on every small case.
TEST(quorum, index_agrees_with_counting) {
  const configuration joint{replicas({1, 2, 3}), replicas({2, 3, 4, 5}), {}};
  for (int code = 0; code < 1024; ++code) {
    std::map<int, int> matches;
    for (int number = 1, rest = code; number <= 5; ++number, rest /= 4) matches[number] = rest % 4;
    const log_index found = quorum_of(joint, matches);
    for (int index = 1; index <= 3; ++index) {
      const auto has = [&](const replica_id& voter) { return matches[voter.broker.value()] >= index; };
      EXPECT_EQ(has_quorum(joint, has), found >= log_index(index)) << code;
    }
  }
}

TEST(vote_tally, is_open_until_a_majority_grants_or_cannot_grant_any_more) {
  const configuration members{replicas({1, 2, 3}), {}, {}};
  vote_tally votes;
  EXPECT_EQ(votes.outcome(members, replica(1)), election_outcome::open);
  votes.record(replica(1), vote_answer::granted);
  votes.record(replica(2), vote_answer::refused);
  EXPECT_EQ(votes.outcome(members, replica(1)), election_outcome::open);
  vote_tally lost = votes;
  lost.record(replica(3), vote_answer::refused);
  EXPECT_EQ(lost.outcome(members, replica(1)), election_outcome::lost);
  votes.record(replica(3), vote_answer::granted);
  EXPECT_EQ(votes.outcome(members, replica(1)), election_outcome::won);
}

// Pitfall 10.
TEST(vote_tally, counts_the_first_answer_of_each_voter_once_and_strangers_never) {
  const configuration members{replicas({1, 2, 3, 4, 5}), {}, {}};
  vote_tally votes;
  for (int i = 0; i < 5; ++i) votes.record(replica(1), vote_answer::granted);
  for (const int stranger : {6, 7, 8}) votes.record(replica(stranger), vote_answer::granted);
  votes.record(replica(2), vote_answer::refused);
  votes.record(replica(2), vote_answer::granted);
  votes.record(replica(3), vote_answer::granted);
  EXPECT_EQ(votes.outcome(members, replica(1)), election_outcome::open);
}

// DESIGN D4.
TEST(vote_tally, votes_in_doubt_make_no_majority_but_those_of_all_voters_win) {
  const configuration members{replicas({1, 2, 3}), {}, {}};
  vote_tally votes;
  votes.record(replica(1), vote_answer::granted);
  votes.record(replica(2), vote_answer::granted_in_doubt);
  EXPECT_EQ(votes.outcome(members, replica(1)), election_outcome::open);
  vote_tally refused = votes;
  refused.record(replica(3), vote_answer::refused);
  EXPECT_EQ(refused.outcome(members, replica(1)), election_outcome::lost);
  votes.record(replica(3), vote_answer::granted_in_doubt);
  EXPECT_EQ(votes.outcome(members, replica(1)), election_outcome::won);
}

TEST(vote_tally, candidate_in_doubt_needs_everybody_even_where_a_majority_is_not_in_doubt) {
  const configuration members{replicas({1, 2, 3}), {}, {}};
  vote_tally votes;
  votes.record(replica(1), vote_answer::granted_in_doubt);
  votes.record(replica(2), vote_answer::granted);
  EXPECT_EQ(votes.outcome(members, replica(1)), election_outcome::open);
  vote_tally refused = votes;
  refused.record(replica(3), vote_answer::refused);
  EXPECT_EQ(refused.outcome(members, replica(1)), election_outcome::lost);
  votes.record(replica(3), vote_answer::granted);
  EXPECT_EQ(votes.outcome(members, replica(1)), election_outcome::won);
}

TEST(vote_tally, all_voters_of_a_joint_configuration_are_those_of_both_lists) {
  const configuration joint{replicas({1, 2}), replicas({3}), {}};
  vote_tally votes;
  for (const int number : {1, 2}) votes.record(replica(number), vote_answer::granted_in_doubt);
  EXPECT_EQ(votes.outcome(joint, replica(1)), election_outcome::open);
  votes.record(replica(3), vote_answer::granted);
  EXPECT_EQ(votes.outcome(joint, replica(1)), election_outcome::won);
}

}  // namespace
}  // namespace marquee::raft
