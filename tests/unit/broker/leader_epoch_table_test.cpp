#include "broker/leader_epoch_table.h"

#include <gtest/gtest.h>

namespace marquee::broker {
namespace {

using epoch_end = leader_epoch_table::epoch_end;

class leader_epochs : public testing::Test {
 protected:
  leader_epochs() {
    table.note(term_number(3), record_offset(0));
    table.note(term_number(3), record_offset(5));
    table.note(term_number(7), record_offset(10));
    table.note(term_number(9), record_offset(10));
  }
  [[nodiscard]] epoch_end end_of(std::int64_t epoch) const {
    return table.end_of(epoch, term_number(9), record_offset(25));
  }
  leader_epoch_table table;
};

TEST_F(leader_epochs, an_epoch_ends_where_the_next_one_begins) {
  EXPECT_EQ(end_of(3), (epoch_end{3, 10}));
  EXPECT_EQ(end_of(7), (epoch_end{7, 10}));
}

TEST_F(leader_epochs, the_current_epoch_ends_with_the_log) {
  EXPECT_EQ(end_of(9), (epoch_end{9, 25}));
}

TEST_F(leader_epochs, an_epoch_between_known_ones_is_answered_with_the_one_before) {
  EXPECT_EQ(end_of(5), (epoch_end{3, 10}));
  EXPECT_EQ(end_of(8), (epoch_end{7, 10}));
}

TEST_F(leader_epochs, an_epoch_that_is_yet_to_come_has_no_end) {
  EXPECT_EQ(end_of(10), (epoch_end{-1, -1}));
  EXPECT_EQ(end_of(-1), (epoch_end{-1, -1}));
}

TEST_F(leader_epochs, an_epoch_below_all_known_ones_ends_where_they_begin) {
  EXPECT_EQ(end_of(2), (epoch_end{2, 0}));
}

TEST_F(leader_epochs, tell_whose_record_lies_where) {
  EXPECT_EQ(table.term_at(record_offset(0)), term_number(3));
  EXPECT_EQ(table.term_at(record_offset(9)), term_number(3));
  EXPECT_EQ(table.term_at(record_offset(10)), term_number(9));
  EXPECT_EQ(table.term_at(record_offset(99)), term_number(9));
  EXPECT_EQ(leader_epoch_table().term_at(record_offset(0)), std::nullopt);
}

TEST_F(leader_epochs, survive_encoding) {
  bytes data;
  byte_writer out(data);
  table.encode(out);
  byte_reader in(data);
  leader_epoch_table again;
  ASSERT_TRUE(again.decode(in));
  EXPECT_EQ(again.size(), 3U);
  EXPECT_EQ(again.end_of(5, term_number(9), record_offset(25)), (epoch_end{3, 10}));
  for (std::size_t size = 0; size < data.size(); ++size) {
    byte_reader cut(bytes_view(data).first(size));
    EXPECT_FALSE(leader_epoch_table().decode(cut)) << size;
  }
}

TEST_F(leader_epochs, are_bounded) {
  for (int term = 10; term < 5000; ++term) table.note(term_number(term), record_offset(100 + term));
  EXPECT_EQ(table.size(), leader_epoch_table::terms_kept);
  EXPECT_EQ(table.end_of(3, term_number(5000), record_offset(9000)), (epoch_end{3, 100 + 4000}));
}

}  // namespace
}  // namespace marquee::broker
