#include "raft/core/log_view.h"

#include <gtest/gtest.h>

#include "raft/core/entry_codec.h"
#include "sample_entries.h"
#include "tests/raft_paper/memory_log.h"

namespace marquee::raft {
namespace {

using testing::memory_log;
using testing::sample_no_op;

class log_view_test : public ::testing::Test {
 protected:
  log_view_test() { log_.preset({}, {sample_no_op(1, 1), sample_no_op(1, 2), sample_no_op(2, 3)}); }

  std::vector<std::int64_t> terms() const {
    std::vector<std::int64_t> all;
    for (log_index i = view_.first_index(); i <= view_.last_index(); ++i)
      all.push_back(view_.term_at(i)->value());
    return all;
  }
  void hand_over() {
    persist_request request;
    view_.take_pending(request);
    log_.persist(std::move(request));
  }

  memory_log log_;
  log_view view_{log_};
};

using terms_list = std::vector<std::int64_t>;

TEST_F(log_view_test, shows_what_is_appended_before_and_after_it_is_handed_over) {
  view_.append(sample_no_op(3, 4));
  EXPECT_EQ(terms(), (terms_list{1, 1, 2, 3}));
  EXPECT_EQ(view_.last_term(), term_number(3));
  EXPECT_EQ(log_.last_index(), log_index(3));
  hand_over();
  EXPECT_EQ(terms(), (terms_list{1, 1, 2, 3}));
  EXPECT_FALSE(view_.has_pending());
}

TEST_F(log_view_test, truncates_what_is_stored_and_what_is_pending) {
  view_.append(sample_no_op(2, 4));
  view_.append(sample_no_op(2, 5));
  view_.truncate_from(log_index(5));
  EXPECT_EQ(terms(), (terms_list{1, 1, 2, 2}));
  view_.truncate_from(log_index(2));
  EXPECT_EQ(terms(), (terms_list{1}));
  view_.append(sample_no_op(4, 2));
  view_.truncate_from(log_index(2));
  view_.append(sample_no_op(5, 2));
  EXPECT_EQ(terms(), (terms_list{1, 5}));
  hand_over();
  EXPECT_EQ(terms(), (terms_list{1, 5}));
}

TEST_F(log_view_test, truncating_behind_the_end_changes_nothing) {
  view_.truncate_from(log_index(4));
  EXPECT_FALSE(view_.has_pending());
}

TEST_F(log_view_test, reads_across_the_border_of_stored_and_pending) {
  view_.append(sample_no_op(3, 4));
  view_.append(sample_no_op(3, 5));
  const auto all = view_.read(log_index(2), log_index(99), 1 << 20);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 4u);
  EXPECT_EQ(all->front().index, log_index(2));
  EXPECT_EQ(all->back().index, log_index(5));
  EXPECT_EQ(view_.read(log_index(2), log_index(5), 1 << 20)->size(), 3u);
}

// Pitfalls 24 and 25.
TEST_F(log_view_test, reads_at_least_one_entry_and_no_more_than_the_bytes_allow) {
  view_.append(sample_no_op(3, 4));
  for (const int from : {1, 3, 4}) EXPECT_EQ(view_.read(log_index(from), log_index(9), 1)->size(), 1u);
  EXPECT_EQ(view_.read(log_index(1), log_index(9), 3 * entry_header_bytes)->size(), 3u);
  EXPECT_EQ(view_.read(log_index(3), log_index(9), 2 * entry_header_bytes - 1)->size(), 1u);
}

// Raft paper 5.3, end.
TEST_F(log_view_test, finds_the_last_entry_whose_term_is_not_above_another) {
  view_.append(sample_no_op(5, 4));
  const auto find = [&](int term, int upper) {
    return view_.last_with_term_at_most(term_number(term), log_index(upper));
  };
  EXPECT_EQ(find(0, 9), log_index(0));
  EXPECT_EQ(find(1, 9), log_index(2));
  EXPECT_EQ(find(1, 1), log_index(1));
  EXPECT_EQ(find(2, 9), log_index(3));
  EXPECT_EQ(find(4, 9), log_index(3));
  EXPECT_EQ(find(5, 9), log_index(4));
  EXPECT_EQ(find(5, 0), log_index(0));
}

TEST_F(log_view_test, knows_no_term_outside_of_the_log) {
  EXPECT_EQ(view_.term_at(log_index(0)), term_number(0));
  EXPECT_EQ(view_.term_at(log_index(4)), std::nullopt);
  view_.truncate_from(log_index(3));
  EXPECT_EQ(view_.term_at(log_index(3)), std::nullopt);
}

}  // namespace
}  // namespace marquee::raft
