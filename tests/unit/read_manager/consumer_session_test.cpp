#include "read_manager/consumer_session.h"

#include <gtest/gtest.h>

#include <random>

#include "batches.h"

namespace marquee::read_manager {
namespace {

/// A session of two partitions that holds a0 a1 a2 and b0 b1.
consumer_session filled_session() {
  consumer_session session({});
  session.set_partition_count(2);
  EXPECT_TRUE(session.on_fetched({0, 0}, batch_at(0, {"a0", "a1", "a2"}), 3, 0));
  EXPECT_TRUE(session.on_fetched({1, 0}, batch_at(0, {"b0", "b1"}), 2, 0));
  return session;
}

consume_request up_to(std::size_t count, commit_mode mode = commit_mode::automatic,
                      std::optional<std::int64_t> poll = std::nullopt) {
  return {count, 1 << 20, mode, poll};
}

std::string values(const delivery& what) {
  std::string all;
  for (const delivered_record& item : what.records)
    all += (all.empty() ? "" : " ") + std::string(as_text(*item.record.value));
  return all;
}

TEST(consumer_session, partitions_take_turns_message_by_message) {
  consumer_session session = filled_session();
  EXPECT_EQ(values(session.take(up_to(10))), "a0 b0 a1 b1 a2");
}

TEST(consumer_session, the_turn_goes_on_from_one_answer_to_the_next) {
  consumer_session session = filled_session();
  EXPECT_EQ(values(session.take(up_to(1))), "a0");
  EXPECT_EQ(values(session.take(up_to(1))), "b0");
  EXPECT_EQ(values(session.take(up_to(2))), "a1 b1");
  EXPECT_EQ(values(session.take(up_to(2))), "a2");
  EXPECT_EQ(values(session.take(up_to(2))), "");
}

TEST(consumer_session, at_least_one_message_is_delivered_whatever_max_bytes_says) {
  consumer_session session = filled_session();
  EXPECT_EQ(values(session.take({10, 0, commit_mode::automatic, std::nullopt})), "a0");
  EXPECT_EQ(values(session.take({10, 6, commit_mode::automatic, std::nullopt})), "b0 a1");
}

TEST(consumer_session, automatic_commits_what_was_delivered_when_the_next_consume_comes) {
  consumer_session session = filled_session();
  EXPECT_TRUE(session.begin().empty());
  (void)session.take(up_to(3));
  EXPECT_EQ(session.begin(), (position_map{{0, 2}, {1, 1}}));
  (void)session.take(up_to(1));
  EXPECT_EQ(session.begin(), (position_map{{1, 2}}));
  EXPECT_TRUE(session.begin().empty());
}

TEST(consumer_session, manual_commits_nothing_and_goes_on_reading) {
  consumer_session session = filled_session();
  EXPECT_TRUE(session.begin().empty());
  EXPECT_EQ(values(session.take(up_to(2, commit_mode::manual))), "a0 b0");
  EXPECT_TRUE(session.begin().empty());
  EXPECT_EQ(values(session.take(up_to(2, commit_mode::manual))), "a1 b1");
}

TEST(consumer_session, the_last_poll_again_gives_the_same_and_commits_nothing) {
  consumer_session session = filled_session();
  EXPECT_EQ(session.classify(7), poll_kind::next);
  EXPECT_TRUE(session.begin().empty());
  EXPECT_EQ(values(session.take(up_to(2, commit_mode::automatic, 7))), "a0 b0");
  EXPECT_EQ(session.classify(7), poll_kind::repeat);
  EXPECT_EQ(values(session.last_delivery()), "a0 b0");
  EXPECT_EQ(session.classify(7), poll_kind::repeat);
  EXPECT_EQ(session.classify(6), poll_kind::too_old);
  EXPECT_EQ(session.classify(9), poll_kind::next);
  EXPECT_EQ(session.begin(), (position_map{{0, 1}, {1, 1}}));
  EXPECT_EQ(values(session.take(up_to(2, commit_mode::automatic, 9))), "a1 b1");
  EXPECT_EQ(session.classify(7), poll_kind::too_old);
}

TEST(consumer_session, a_poll_that_failed_before_it_gave_anything_may_come_again) {
  consumer_session session = filled_session();
  EXPECT_EQ(session.classify(7), poll_kind::next);
  (void)session.begin();  // and then no leader was found: no take
  EXPECT_EQ(session.classify(7), poll_kind::next);
}

TEST(consumer_session, an_empty_answer_is_repeated_as_empty) {
  consumer_session session({});
  session.set_partition_count(1);
  (void)session.take(up_to(1, commit_mode::automatic, 1));
  EXPECT_TRUE(session.on_fetched({0, 0}, batch_at(0, {"late"}), 1, 0));
  EXPECT_EQ(session.classify(1), poll_kind::repeat);
  EXPECT_TRUE(session.last_delivery().records.empty());
}

TEST(consumer_session, an_answer_that_was_not_written_is_read_again_in_the_same_order) {
  consumer_session session = filled_session();
  (void)session.take(up_to(1));
  EXPECT_EQ(session.begin(), (position_map{{0, 1}}));
  const std::int64_t lost = session.take(up_to(3)).id;
  session.undo(lost);
  EXPECT_TRUE(session.begin().empty()) << "nothing of the lost answer may be committed";
  EXPECT_EQ(session.reading_positions(), (position_map{{0, 1}, {1, 0}}));
  EXPECT_EQ(values(session.take(up_to(10))), "b0 a1 b1 a2");
}

TEST(consumer_session, undo_comes_too_late_after_the_next_consume_a_seek_or_a_second_time) {
  consumer_session session = filled_session();
  const std::int64_t first = session.take(up_to(1)).id;
  (void)session.begin();
  session.undo(first);
  EXPECT_EQ(values(session.take(up_to(1))), "b0");
  const std::int64_t second = session.last_delivery().id;
  session.seek({{1, 0}});
  session.undo(second);
  EXPECT_EQ(session.reading_positions().at(1), 0);
  const std::int64_t third = session.take(up_to(1)).id;
  session.undo(third);
  session.undo(third);
  EXPECT_EQ(values(session.take(up_to(1))), "a1");
}

TEST(consumer_session, a_numbered_answer_is_never_undone_because_it_can_be_repeated) {
  consumer_session session = filled_session();
  const std::int64_t id = session.take(up_to(1, commit_mode::automatic, 3)).id;
  session.undo(id);
  EXPECT_EQ(session.classify(3), poll_kind::repeat);
  EXPECT_EQ(values(session.last_delivery()), "a0");
  EXPECT_EQ(session.begin(), (position_map{{0, 1}}));
}

TEST(consumer_session, after_its_last_answer_was_forgotten_the_next_consume_goes_on_behind_it) {
  consumer_session session = filled_session();
  (void)session.take(up_to(3));  // a0 b0 a1
  session.forget_last_answer();
  EXPECT_EQ(session.last_answer_bytes(), 0U);
  EXPECT_EQ(session.begin(), (position_map{{0, 2}, {1, 1}}));
  EXPECT_EQ(values(session.take(up_to(3))), "b1 a2");
  EXPECT_FALSE(session.last_answer_forgotten());
}

TEST(consumer_session, a_forgotten_answer_that_was_not_written_is_read_again) {
  consumer_session session = filled_session();
  const std::int64_t lost = session.take(up_to(3)).id;  // a0 b0 a1
  session.forget_last_answer();
  session.undo(lost);
  EXPECT_EQ(session.reading_positions(), (position_map{{0, 0}, {1, 0}}));
  EXPECT_TRUE(session.begin().empty()) << "nothing of the lost answer may be committed";
}

TEST(consumer_session, a_forgotten_answer_is_read_again_when_its_poll_is_repeated) {
  consumer_session session = filled_session();
  (void)session.take(up_to(3, commit_mode::automatic, 7));  // a0 b0 a1
  session.forget_last_answer();
  ASSERT_EQ(session.classify(7), poll_kind::repeat);
  ASSERT_TRUE(session.last_answer_forgotten());
  session.go_back_to_last_answer();
  EXPECT_TRUE(session.begin().empty());
  EXPECT_EQ(session.reading_positions(), (position_map{{0, 0}, {1, 0}}));
  EXPECT_TRUE(session.on_fetched({0, 0}, batch_at(0, {"a0", "a1", "a2"}), 3, 0));
  EXPECT_TRUE(session.on_fetched({1, 0}, batch_at(0, {"b0", "b1"}), 2, 0));
  EXPECT_EQ(values(session.take(up_to(3, commit_mode::automatic, 7))), "a0 b0 a1");
  EXPECT_EQ(session.begin(), (position_map{{0, 2}, {1, 1}}));
}

TEST(consumer_session, undo_works_after_the_read_ahead_was_dropped) {
  consumer_session session = filled_session();
  const std::int64_t lost = session.take(up_to(3)).id;  // a0 b0 a1
  session.drop_read_ahead();
  session.undo(lost);
  EXPECT_EQ(values(session.take(up_to(10))), "a0 b0 a1");
  EXPECT_TRUE(session.on_fetched({0, 2}, batch_at(0, {"a0", "a1", "a2"}), 3, 0));
  EXPECT_EQ(values(session.take(up_to(10))), "a2");
}

TEST(consumer_session, nothing_at_or_above_the_high_watermark_is_delivered) {
  consumer_session session({});
  session.set_partition_count(1);
  EXPECT_TRUE(session.on_fetched({0, 0}, batch_at(0, {"a", "b", "c"}), 2, 0));
  EXPECT_EQ(values(session.take(up_to(10))), "a b");
  EXPECT_EQ(session.wishes(1000), (std::vector<fetch_wish>{{0, 2}}));
  EXPECT_TRUE(session.on_fetched({0, 2}, batch_at(0, {"a", "b", "c"}), 3, 0));
  EXPECT_EQ(values(session.take(up_to(10))), "c");
}

TEST(consumer_session, a_batch_that_begins_before_the_position_gives_only_what_is_new) {
  consumer_session session({{0, 2}});
  session.set_partition_count(1);
  EXPECT_TRUE(session.on_fetched({0, 2}, batch_at(0, {"a", "b", "c", "d"}), 4, 0));
  EXPECT_EQ(values(session.take(up_to(10))), "c d");
}

TEST(consumer_session, an_answer_to_an_outdated_question_changes_nothing) {
  consumer_session session = filled_session();
  EXPECT_TRUE(session.on_fetched({0, 0}, batch_at(0, {"x0", "x1", "x2"}), 3, 0));
  session.seek({{1, 1}});
  EXPECT_TRUE(session.on_fetched({1, 2}, batch_at(2, {"y"}), 3, 0));
  EXPECT_EQ(values(session.take(up_to(10))), "a0 a1 a2");
}

TEST(consumer_session, what_retention_removed_is_skipped_and_said) {
  consumer_session session({{0, 5}});
  session.set_partition_count(1);
  session.on_out_of_range({0, 5}, 20, 100);
  EXPECT_EQ(session.wishes(1000), (std::vector<fetch_wish>{{0, 20}}));
  EXPECT_TRUE(session.on_fetched({0, 20}, batch_at(20, {"later"}), 21, 20));
  const delivery& answer = session.take(up_to(1));
  EXPECT_EQ(answer.skipped, 15);
  EXPECT_EQ(values(answer), "later");
  EXPECT_EQ(session.take(up_to(1)).skipped, 0);
}

TEST(consumer_session, a_lost_answer_says_again_what_was_skipped) {
  consumer_session session({{0, 5}});
  session.set_partition_count(1);
  session.on_out_of_range({0, 5}, 20, 100);
  session.undo(session.take(up_to(1)).id);
  EXPECT_EQ(session.take(up_to(1)).skipped, 15);
}

TEST(consumer_session, a_position_above_the_log_goes_back_to_its_end_and_one_inside_stays) {
  consumer_session session({{0, 50}});
  session.set_partition_count(1);
  session.on_out_of_range({0, 50}, 0, 60);
  EXPECT_EQ(session.reading_positions().at(0), 50);
  session.on_out_of_range({0, 50}, 0, 40);
  EXPECT_EQ(session.reading_positions().at(0), 40);
  EXPECT_EQ(session.take(up_to(1)).skipped, 0);
}

TEST(consumer_session, partitions_that_come_later_are_read_from_their_beginning) {
  consumer_session session({{0, 7}});
  session.set_partition_count(1);
  session.set_partition_count(3);
  EXPECT_EQ(session.reading_positions(), (position_map{{0, 7}, {1, 0}, {2, 0}}));
  session.set_partition_count(2);  // an older picture of the topic
  EXPECT_EQ(session.partition_count(), 3);
}

TEST(consumer_session, asks_only_for_partitions_that_have_room) {
  consumer_session session = filled_session();
  EXPECT_TRUE(session.wishes(1).empty()) << "both hold more than their share";
  EXPECT_EQ(session.wishes(1 << 20), (std::vector<fetch_wish>{{0, 3}, {1, 2}}));
  (void)session.take(up_to(4));
  EXPECT_EQ(session.wishes(1), (std::vector<fetch_wish>{{1, 2}}))
      << "an empty one has room however small the limit";
}

TEST(consumer_session, is_starved_when_a_partition_with_more_has_nothing_here) {
  consumer_session session({});
  session.set_partition_count(2);
  EXPECT_TRUE(session.starved(10, 1000)) << "nobody has looked yet";
  EXPECT_TRUE(session.on_fetched({0, 0}, batch_at(0, {"a"}), 5, 0));
  EXPECT_TRUE(session.on_fetched({1, 0}, {}, 0, 0));
  EXPECT_FALSE(session.starved(10, 1000));
  EXPECT_TRUE(session.more_known());
  (void)session.take(up_to(1));
  EXPECT_TRUE(session.starved(10, 1000));
}

TEST(consumer_session, only_partitions_whose_turn_comes_within_the_limits_are_waited_for) {
  consumer_session session({});
  session.set_partition_count(3);
  EXPECT_TRUE(session.on_fetched({0, 0}, batch_at(0, {"a0"}), 1, 0));
  EXPECT_TRUE(session.on_fetched({1, 0}, batch_at(0, {"b0"}), 1, 0));
  EXPECT_FALSE(session.starved(2, 1000)) << "the third one's turn comes after two records";
  EXPECT_TRUE(session.starved(3, 1000));
  EXPECT_FALSE(session.starved(3, 2)) << "or after so many bytes";
  (void)session.take(up_to(2));
  EXPECT_TRUE(session.starved(1, 1000)) << "its turn is now";
}

TEST(consumer_session, a_thousand_partitions_of_large_messages_are_read_a_few_at_a_time) {
  consumer_session session({});
  session.set_partition_count(1000);
  const std::string large(10'000, 'x');
  constexpr std::size_t limit = 100'000;
  std::vector<std::int64_t> seen(1000, 0);
  for (int round = 0; round < 3000; ++round) {
    for (const fetch_wish& wish : session.wishes(limit)) {
      if (session.buffered_bytes() > limit + 8 * 11'000) break;  // what one answer holds
      ASSERT_TRUE(session.on_fetched(wish, batch_at(wish.offset, {large}), 10, 0));
    }
    ASSERT_LE(session.buffered_bytes(), limit + 10 * 11'000);
    ASSERT_FALSE(session.starved(1, 1)) << "whose turn it is was asked for";
    for (const delivered_record& item : session.take(up_to(1)).records)
      ++seen[static_cast<std::size_t>(item.partition)];
  }
  EXPECT_EQ(seen, std::vector<std::int64_t>(1000, 3)) << "each had its turn three times";
}

TEST(consumer_session, seek_moves_reading_and_forgets_what_was_to_be_committed) {
  consumer_session session = filled_session();
  (void)session.take(up_to(3));
  session.seek({{0, 1}});
  EXPECT_EQ(session.begin(), (position_map{{1, 1}})) << "the other partition keeps its own";
  EXPECT_EQ(session.reading_positions(), (position_map{{0, 1}, {1, 1}}));
  EXPECT_EQ(session.wishes(1 << 20).back(), (fetch_wish{0, 1}));
}

TEST(consumer_session, a_commit_moves_reading_forward_and_never_back) {
  consumer_session session = filled_session();
  (void)session.take(up_to(1));
  const position_map before = session.reading_positions();
  session.skip_what_it_has({{0, 0}, {1, 0}, {9, 5}});
  EXPECT_EQ(session.reading_positions(), before);
  session.skip_what_it_has({{1, 2}});
  EXPECT_EQ(session.reading_positions(), (position_map{{0, before.at(0)}, {1, 2}}));
}

TEST(consumer_session, bytes_that_are_no_records_are_refused) {
  consumer_session session({});
  session.set_partition_count(1);
  EXPECT_FALSE(session.on_fetched({0, 0}, shared_bytes::of(bytes(80, 1)), 1, 0));
  kafka::byte_chain broken = batch_at(0, {"a"});
  bytes data(broken.parts[0].data(), broken.parts[0].data() + broken.parts[0].size());
  data[61] = 0x7f;
  EXPECT_FALSE(session.on_fetched({0, 0}, shared_bytes::of(std::move(data)), 1, 0));
  EXPECT_TRUE(session.on_fetched({0, 0}, batch_at(0, {"a"}), 1, 0));
}

TEST(consumer_session, a_cut_last_batch_is_ignored) {
  consumer_session session({});
  session.set_partition_count(1);
  kafka::byte_chain records = batch_at(0, {"a"});
  const shared_bytes second = batch_at(1, {"b"}).joined();
  records.append(second.slice(0, second.size() - 1));
  EXPECT_TRUE(session.on_fetched({0, 0}, records, 2, 0));
  EXPECT_EQ(values(session.take(up_to(5))), "a");
  EXPECT_EQ(session.wishes(100).front().offset, 1);
}

/// Whatever the order of fetches, consumes, losses and dropped memory: no record is skipped or out of order,
/// and nothing that was not delivered is committed.
TEST(consumer_session, random_histories_deliver_every_record_once_in_order) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const int partitions = 1 + static_cast<int>(random() % 4);
    std::vector<std::int64_t> ends, seen(static_cast<std::size_t>(partitions), 0);
    for (int i = 0; i < partitions; ++i) ends.push_back(static_cast<std::int64_t>(random() % 40));
    consumer_session session({});
    session.set_partition_count(partitions);
    std::int64_t poll = 0;
    for (int step = 0; step < 2000; ++step) {
      for (const fetch_wish& wish : session.wishes(random() % 3000)) {
        if (random() % 2 == 0) continue;
        const std::int64_t end = ends[static_cast<std::size_t>(wish.partition)];
        const std::int64_t base =
            std::max<std::int64_t>(0, wish.offset - static_cast<std::int64_t>(random() % 3));
        std::vector<std::string> texts;
        for (std::int64_t i = base; i < end && texts.size() < 6; ++i) texts.push_back(std::to_string(i));
        ASSERT_TRUE(
            session.on_fetched(wish, texts.empty() ? kafka::byte_chain{} : batch_at(base, texts), end, 0));
      }
      if (random() % 10 == 0) session.drop_read_ahead();
      const bool numbered = random() % 2 == 0;
      for (const auto& [partition, offset] : session.begin())
        ASSERT_LE(offset, seen[static_cast<std::size_t>(partition)]);
      const delivery& got = session.take({1 + random() % 5, random() % 100, commit_mode::automatic,
                                          numbered ? std::optional(++poll) : std::nullopt});
      if (numbered) ASSERT_EQ(session.classify(poll), poll_kind::repeat);
      if (!numbered && random() % 4 == 0) {
        session.undo(got.id);
        continue;
      }
      for (const delivered_record& item : got.records) {
        ASSERT_EQ(item.record.offset, seen[static_cast<std::size_t>(item.partition)]++);
        ASSERT_EQ(as_text(*item.record.value), std::to_string(item.record.offset));
      }
    }
    EXPECT_EQ(seen, ends);
  }
}

}  // namespace
}  // namespace marquee::read_manager
