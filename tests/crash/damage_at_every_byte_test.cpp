#include <gtest/gtest.h>

#include "raft/storage/wal_scan.h"
#include "tests/unit/raft/storage/store_under_test.h"

namespace marquee::raft {
namespace {

constexpr std::int64_t entries_before = 6;

/// A store with two groups, some flushes, and one last flush; then the disk is damaged and opened again.
class damage_at_every_byte : public testing::Test {
 protected:
  void SetUp() override {
    store_under_test writer(original);
    writer.options.wal_file_bytes = 20 << 10;
    ASSERT_TRUE(writer.open());
    writer.create(group);
    writer.create(other);
    for (std::int64_t i = 1; i <= entries_before; ++i) {
      ASSERT_TRUE(writer.append(group, {data_entry(i, 1, i - 1, 1, "group record")}));
      ASSERT_TRUE(writer.append(other, {data_entry(i, 1, i - 1, 1, "other record")}));
    }
    writer.close();
    original.kill_process();
    find_last_flush();
  }

  void find_last_flush() {
    std::uint64_t newest = 0;
    const auto names = original.list("/node/wal");
    for (const std::string& name : *names) {
      const auto scan = scan_wal_file(original, "/node/wal/" + name, 0);
      if (!scan || !scan->header || scan->header->generation < newest) continue;
      newest = scan->header->generation;
      path = scan->path;
      records = scan->records;
    }
    ASSERT_GE(records.size(), 12U);
  }
  /// Opens a damaged copy. Either it is refused as corrupt, or each group holds a beginning of its log that
  /// is at least `least` long, or a shorter one and is in doubt, or says that it is damaged.
  void open_and_check(simulated_file_system& files, std::int64_t least_group, std::int64_t least_other,
                      const std::string& what) {
    store_under_test reader(files);
    reader.options.wal_file_bytes = 20 << 10;
    const auto opened = reader.open();
    if (!opened) {
      EXPECT_EQ(opened.error().code, error_code::corrupt) << what << ": " << opened.error().message;
      EXPECT_NE(opened.error().message.find("/node/wal"), std::string::npos) << opened.error().message;
      ++refused;
      return;
    }
    for (const auto& [id, least] : {std::pair(group, least_group), std::pair(other, least_other)}) {
      ASSERT_TRUE(reader.recovered.contains(id)) << what;
      if (!reader.recovered.at(id).damage.empty()) {
        ++fenced;
        EXPECT_FALSE(reader.append(id, {data_entry(entries_before + 1, 2, entries_before, 1, "x")})) << what;
        continue;
      }
      const auto all = reader.all_entries(id);
      for (const entry& e : all) EXPECT_TRUE(verify_entry(e)) << what;
      const recovered_group& found = reader.recovered.at(id);
      EXPECT_EQ(found.restored.doubt.open, !found.cut_off.empty()) << what;
      EXPECT_LE(found.restored.commit_index, reader.logs.at(id)->last_index()) << what;
      EXPECT_FALSE(found.restored.newly_created) << what;
      if (found.restored.doubt.open) {
        ++in_doubt;
        EXPECT_TRUE(found.restored.doubt.possible) << what;
        EXPECT_GT(found.restored.doubt.number, 0U) << what;
        continue;
      }
      EXPECT_GE(static_cast<std::int64_t>(all.size()), least) << what;
    }
    // What was cut off must not hide what comes later (raft-pitfalls 28), nor come back itself.
    if (!reader.recovered.at(group).damage.empty()) return;
    const std::int64_t next = reader.logs.at(group)->last_index().value() + 1;
    ASSERT_TRUE(reader.append(group, {data_entry(next, 9, next - 1, 1, "after the crash")})) << what;
    const doubt_state doubt = reader.recovered.at(group).restored.doubt;
    reader.close();
    files.crash(1);
    const auto again = reader.open();
    ASSERT_TRUE(again) << what << ": " << again.error().message;
    EXPECT_EQ(reader.recovered.at(group).restored.doubt, doubt) << what << ": counted once, and remembered";
    EXPECT_EQ(reader.recovered.at(group).cut_off, "") << what;
    ASSERT_EQ(reader.logs.at(group)->last_index().value(), next) << what;
    EXPECT_EQ(reader.logs.at(group)->term_at(log_index(next)), term_number(9)) << what;
  }

  simulated_file_system original;
  const group_id group = group_number(1);
  const group_id other = group_number(2);
  std::string path;
  std::vector<scanned_record> records;
  int refused = 0;
  int fenced = 0;
  int in_doubt = 0;
};

// raft-pitfalls 28 and 29
TEST_F(damage_at_every_byte, of_the_last_record_is_a_torn_tail) {
  const wal_record_header& last = records.back().header;
  for (std::uint64_t at = last.position; at < last.position + wal_record_room(last.payload_bytes); ++at) {
    auto files = original.copy();
    files->flip_bit(path, at, static_cast<int>(at % 8));
    open_and_check(*files, entries_before, entries_before - 1, "byte " + std::to_string(at));
  }
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(fenced, 0);
}

TEST_F(damage_at_every_byte, file_cut_off_anywhere_in_the_last_record_is_a_torn_tail) {
  const wal_record_header& last = records.back().header;
  for (std::uint64_t size = last.position; size < last.position + last.span; size += 3) {
    auto files = original.copy();
    bytes content = files->content(path);
    content.resize(size);
    files->set_content(path, content);
    open_and_check(*files, entries_before, entries_before - 1, "cut to " + std::to_string(size));
  }
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(fenced, 0);
}

TEST_F(damage_at_every_byte, zeros_instead_of_the_last_record_are_a_torn_tail) {
  const wal_record_header& last = records.back().header;
  for (std::uint64_t from = last.position; from < last.position + last.span; from += 7) {
    auto files = original.copy();
    bytes content = files->content(path);
    std::fill(content.begin() + static_cast<std::ptrdiff_t>(from), content.end(), 0);
    files->set_content(path, content);
    open_and_check(*files, entries_before, entries_before - 1, "zeros from " + std::to_string(from));
  }
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(fenced, 0);
}

// raft-pitfalls 30: never silently cut off.
TEST_F(damage_at_every_byte,
       of_an_earlier_record_puts_its_group_in_doubt_or_all_if_nobody_knows_whose_it_was) {
  // Three before the last one: what follows says that it was durable.
  const wal_record_header& damaged = records[records.size() - 4].header;
  for (std::uint64_t at = damaged.position; at < damaged.position + wal_record_header_bytes; ++at) {
    auto files = original.copy();
    files->flip_bit(path, at, static_cast<int>(at % 8));
    open_and_check(*files, entries_before, entries_before, "header byte " + std::to_string(at));
  }
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(fenced, 0);
  EXPECT_EQ(in_doubt, static_cast<int>(2 * wal_record_header_bytes));
  in_doubt = 0;
  for (std::uint64_t i = 0; i < damaged.payload_bytes; ++i) {
    const std::uint64_t at = damaged.position + wal_record_header_bytes + i;
    auto files = original.copy();
    files->flip_bit(path, at, static_cast<int>(at % 8));
    open_and_check(*files, entries_before, entries_before, "payload byte " + std::to_string(at));
  }
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(fenced, 0);
  EXPECT_EQ(in_doubt, static_cast<int>(damaged.payload_bytes));
}

// Two records side by side may have been both copies of a vote.
TEST_F(damage_at_every_byte, of_two_records_in_a_row_is_refused) {
  original.flip_bit(path, records[records.size() - 5].header.position + 9, 1);
  original.flip_bit(path, records[records.size() - 4].header.position + 9, 1);
  open_and_check(original, 0, 0, "two headers");
  EXPECT_EQ(refused, 1);
}

TEST_F(damage_at_every_byte, of_one_copy_of_a_vote_costs_nothing_and_of_both_fences_the_group) {
  const hard_state vote{term_number(7), replica_number(2)};
  {
    store_under_test writer(original);
    writer.options.wal_file_bytes = 20 << 10;
    ASSERT_TRUE(writer.open());
    persist_request request;
    request.hard = hard_state{term_number(6), replica_number(3)};
    ASSERT_TRUE(writer.persist(group, request));
    request.hard = vote;
    ASSERT_TRUE(writer.persist(group, request));
    for (std::int64_t i = 1; i <= 2; ++i)
      ASSERT_TRUE(
          writer.append(group, {data_entry(entries_before + i, 7, entries_before + i - 1, 1, "later")}));
    writer.close();
    original.kill_process();
  }
  find_last_flush();
  std::vector<std::uint64_t> votes;
  for (const scanned_record& record : records)
    if (record.header.type == wal_record_type::hard_state) votes.push_back(record.header.position);
  ASSERT_EQ(votes.size(), 4U);
  const auto open_with = [&](const std::vector<std::uint64_t>& damaged, recovered_group& found) {
    auto files = original.copy();
    for (const std::uint64_t at : damaged) files->flip_bit(path, at + wal_record_header_bytes + 3, 2);
    store_under_test reader(*files);
    reader.options.wal_file_bytes = 20 << 10;
    ASSERT_TRUE(reader.open());
    found = std::move(reader.recovered.at(group));
  };
  for (const std::vector<std::uint64_t>& damaged : {std::vector{votes[2]}, std::vector{votes[3]},
                                                    std::vector{votes[0], votes[1]}, std::vector{votes[0]}}) {
    recovered_group found;
    open_with(damaged, found);
    EXPECT_EQ(found.damage, "");
    EXPECT_EQ(found.restored.hard, vote);
    EXPECT_FALSE(found.restored.doubt.open);
  }
  recovered_group found;
  open_with({votes[2], votes[3]}, found);
  EXPECT_NE(found.damage.find("vote"), std::string::npos) << found.damage;
  for (const std::uint64_t at : votes) {
    auto files = original.copy();
    files->flip_bit(path, at + 9, 2);
    store_under_test reader(*files);
    reader.options.wal_file_bytes = 20 << 10;
    ASSERT_TRUE(reader.open());
    EXPECT_EQ(reader.recovered.at(group).restored.hard, vote) << "header at " << at;
    EXPECT_TRUE(reader.recovered.at(other).restored.doubt.open) << "it could have been one of its entries";
  }
}

TEST_F(damage_at_every_byte, of_a_groups_creation_is_remembered_over_restarts_and_checkpoints) {
  const auto creation = std::ranges::find(records, wal_record_type::group_created,
                                          [](const scanned_record& each) { return each.header.type; });
  ASSERT_NE(creation, records.end());
  const wal_record_header& damaged = creation->header;
  original.flip_bit(path, damaged.position + wal_record_header_bytes + 7, 1);
  store_under_test reader(original);
  reader.options.wal_file_bytes = 20 << 10;
  for (int again = 0; again < 3; ++again) {
    ASSERT_TRUE(reader.open());
    const std::string text = reader.recovered.at(damaged.group).damage;
    EXPECT_NE(text.find(path), std::string::npos) << text;
    const group_id sound = damaged.group == group ? other : group;
    ASSERT_TRUE(reader.checkpoint(sound, entries_before));
    reader.close();
    original.kill_process();
  }
}

TEST_F(damage_at_every_byte, of_the_file_header_is_survived_thanks_to_its_copy) {
  for (const std::uint64_t copy : {std::uint64_t{0}, std::uint64_t{2048}}) {
    for (std::uint64_t at = copy; at < copy + 44; ++at) {
      auto files = original.copy();
      files->flip_bit(path, at, static_cast<int>(at % 8));
      open_and_check(*files, entries_before, entries_before, "byte " + std::to_string(at));
    }
  }
  EXPECT_EQ(refused, 0);
  auto files = original.copy();
  files->flip_bit(path, 9, 1);
  files->flip_bit(path, 2057, 1);
  open_and_check(*files, entries_before, entries_before, "both copies");
  EXPECT_EQ(refused, 1);
}

TEST_F(damage_at_every_byte, of_a_segment_is_cut_off_and_leaves_its_group_in_doubt) {
  {
    store_under_test writer(original);
    writer.options.wal_file_bytes = 20 << 10;
    ASSERT_TRUE(writer.open());
    ASSERT_TRUE(writer.checkpoint(group, entries_before));
    writer.close();
    original.kill_process();
  }
  const std::string segment = segment_path(group_folder("/node", group), log_index(1));
  const std::uint64_t size = original.content(segment).size();
  for (std::uint64_t at = 0; at < size; ++at) {
    auto files = original.copy();
    files->flip_bit(segment, at, static_cast<int>(at % 8));
    open_and_check(*files, entries_before, entries_before, "byte " + std::to_string(at));
  }
  // Newer format versions are told by the checksum being right; a flipped bit never looks like one.
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(fenced, 0);
  EXPECT_EQ(in_doubt, static_cast<int>(size));
}

}  // namespace
}  // namespace marquee::raft
