#include "raft/storage/log_check.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "raft/storage/segment_format.h"
#include "tests/unit/raft/storage/store_under_test.h"

namespace marquee::raft {
namespace {

class log_check_test : public testing::Test {
 protected:
  void SetUp() override {
    store_under_test writer(files);
    ASSERT_TRUE(writer.open());
    writer.create(group);
    writer.create(other);
    for (std::int64_t i = 1; i <= 8; ++i) {
      ASSERT_TRUE(writer.append(group, {data_entry(i, 1, i - 1, 1, "a record")}));
      ASSERT_TRUE(writer.append(other, {data_entry(i, 1, i - 1, 1, "a record")}));
      if (i == 4) ASSERT_TRUE(writer.checkpoint(group, 4, "state"));
    }
    writer.close();
    files.kill_process();
  }
  log_check_summary check(simulated_file_system& disk, const log_selection& wanted = {}) {
    findings.clear();
    const auto checked =
        check_log(disk, "/node", wanted, [&](const log_finding& found) { findings.push_back(found); });
    EXPECT_TRUE(checked) << checked.error().message;
    return checked ? *checked : log_check_summary{};
  }
  [[nodiscard]] std::size_t list(simulated_file_system& disk, const log_selection& wanted = {}) {
    std::size_t entries = 0;
    EXPECT_TRUE(
        list_log(disk, "/node", wanted, [&](const log_item& item) { entries += item.content ? 1 : 0; }));
    return entries;
  }

  simulated_file_system files;
  const group_id group = group_number(1);
  const group_id other = group_number(2);
  std::vector<log_finding> findings;
};

TEST_F(log_check_test, finds_nothing_in_a_sound_log_and_changes_nothing) {
  std::map<std::string, bytes> before;
  for (const std::string& path : files.paths()) before[path] = files.content(path);
  const log_check_summary summary = check(files);
  EXPECT_EQ(summary.damages, 0U);
  EXPECT_EQ(summary.groups, 2U);
  EXPECT_EQ(summary.entries, 16U);
  EXPECT_EQ(check(files, {group, log_index(0)}).groups, 1U);
  for (const std::string& path : files.paths()) EXPECT_EQ(before[path], files.content(path)) << path;
}

TEST_F(log_check_test, lists_entries_of_one_group_from_an_index_on) {
  EXPECT_GE(list(files), 16U);
  EXPECT_EQ(list(files, {other, log_index(7)}), 2U);
}

TEST_F(log_check_test, names_file_and_byte_of_a_flipped_bit_in_a_segment) {
  const std::string path = segment_path(group_folder("/node", group), log_index(1));
  const std::uint64_t size = files.content(path).size();
  for (std::uint64_t at = 0; at < size; ++at) {
    auto disk = files.copy();
    disk->flip_bit(path, at, static_cast<int>(at % 8));
    EXPECT_GT(check(*disk).damages, 0U) << "byte " << at;
    ASSERT_FALSE(findings.empty());
    EXPECT_EQ(findings.front().file, path);
    ASSERT_TRUE(findings.front().position);
    EXPECT_LE(*findings.front().position, at);
    (void)list(*disk);
  }
}

TEST_F(log_check_test, tells_a_damaged_record_from_a_torn_tail) {
  std::string path;
  std::vector<std::uint64_t> positions;
  ASSERT_TRUE(list_log(files, "/node", {other, log_index(0)}, [&](const log_item& item) {
    if (!item.record || item.record->type != wal_record_type::append) return;
    path = item.file;
    positions.push_back(item.position);
  }));
  ASSERT_GE(positions.size(), 4U);
  auto disk = files.copy();
  disk->flip_bit(path, positions[positions.size() - 3] + wal_record_header_bytes + 70, 1);
  EXPECT_GT(check(*disk).damages, 0U);
  disk = files.copy();
  disk->flip_bit(path, positions.back() + wal_record_header_bytes + 70, 1);
  EXPECT_EQ(check(*disk).damages, 0U);
  EXPECT_FALSE(findings.empty());
}

TEST_F(log_check_test, survives_whatever_the_files_hold) {
  random_source random(7);
  for (int round = 0; round < 400; ++round) {
    auto disk = files.copy();
    const auto paths = disk->paths();
    const std::string& path = paths[random.below(paths.size())];
    bytes content = disk->content(path);
    if (content.empty()) continue;
    const std::uint64_t kind = random.below(3);
    if (kind == 0) content.resize(random.below(content.size()));
    for (std::uint64_t i = random.below(200); kind > 0 && i > 0; --i)
      content[kind == 1 ? random.below(content.size())
                        : random.below(std::min<std::size_t>(content.size(), 9000))] =
          static_cast<std::uint8_t>(random.below(256));
    disk->set_content(path, content);
    (void)check(*disk);
    (void)list(*disk);
  }
}

TEST_F(log_check_test, refuses_a_folder_that_a_broker_runs_on_or_that_is_none) {
  store_under_test running(files);
  ASSERT_TRUE(running.open());
  // The simulated lock leaves no file; the real one does.
  ASSERT_TRUE(files.open("/node/lock", open_mode::create_new));
  EXPECT_EQ(lock_data_dir(files, "/node").error().code, error_code::refused);
  running.close();
  EXPECT_TRUE(lock_data_dir(files, "/node"));
  EXPECT_EQ(lock_data_dir(files, "/elsewhere").error().code, error_code::not_found);
}

}  // namespace
}  // namespace marquee::raft
