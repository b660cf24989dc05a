#include <gtest/gtest.h>

#include <algorithm>

#include "raft/storage/segment_format.h"
#include "raft/storage/wal_file.h"
#include "raft/storage/wal_scan.h"
#include "tests/unit/raft/storage/store_under_test.h"

namespace marquee::raft {
namespace {

constexpr std::int64_t sealed_entries = 40;
constexpr std::int64_t last = 50;
constexpr std::uint64_t rate = 128 << 10;
constexpr std::int64_t interval_ms = 3'600'000;

/// A store that runs, with two groups of two sealed segments and one that is appended to, and a scrubber.
class log_scrubber_test : public testing::Test {
 protected:
  void SetUp() override {
    under_test.options.scrub_bytes_per_second = rate;
    under_test.options.scrub_interval_ms = interval_ms;
    ASSERT_TRUE(under_test.open());
    for (const group_id& each : {group, other}) {
      under_test.create(each);
      for (std::int64_t end = 20; end <= sealed_entries; end += 20) {
        append(each, end - 19, end);
        log(each).set_segment_bytes(100);
        ASSERT_TRUE(log(each).needs_state_block());
        ASSERT_TRUE(under_test.checkpoint(each, end));
        log(each).set_segment_bytes(1 << 20);
      }
      append(each, sealed_entries + 1, last);
      ASSERT_TRUE(under_test.checkpoint(each, last));
    }
  }
  void append(const group_id& which, std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i <= to; ++i)
      ASSERT_TRUE(under_test.append(which, {data_entry(i, 1, i - 1, 1, std::string(5000, 'x'))}));
  }
  [[nodiscard]] group_log& log(const group_id& which) { return *under_test.logs.at(which); }
  [[nodiscard]] static std::string segment(const group_id& which, std::int64_t base) {
    return segment_path(group_folder("/node", which), log_index(base));
  }
  void flip(const std::string& path, std::size_t position) {
    bytes content = files.content(path);
    ASSERT_LT(position, content.size());
    content[position] ^= 4;
    files.set_content(path, content);
  }
  [[nodiscard]] std::uint64_t counter(const std::string& name) {
    return under_test.metrics.counter("marquee_storage_" + name, "").value();
  }
  [[nodiscard]] std::uint64_t passes() { return counter("scrub_passes_total"); }
  [[nodiscard]] std::uint64_t damages() { return counter("scrub_damages_total"); }
  [[nodiscard]] std::uint64_t scrubbed() { return counter("scrubbed_bytes_total"); }
  /// When it wants to be called.
  void step() {
    under_test.time.advance_ms((wait_us + 999) / 1000);
    const auto wanted_us = under_test.store->scrub_step();
    ASSERT_TRUE(wanted_us);
    ASSERT_GT(*wanted_us, 0);
    wait_us = *wanted_us;
  }
  void scrub_once() {
    const std::uint64_t before = passes();
    for (int steps = 0; passes() == before; ++steps) {
      ASSERT_LT(steps, 10'000) << "the pass does not end";
      step();
    }
  }
  /// Into the first of the second segment's entries.
  void step_into_second_segment() {
    const std::uint64_t first_bytes = files.content(segment(group, 1)).size();
    for (int steps = 0; scrubbed() <= first_bytes; ++steps) {
      ASSERT_LT(steps, 1000);
      step();
    }
    ASSERT_EQ(passes(), 0U);
  }

  simulated_file_system files;
  store_under_test under_test{files};
  const group_id group = group_number(1);
  const group_id other = group_number(2);
  std::int64_t wait_us = 0;
};

TEST_F(log_scrubber_test, sound_files_are_read_whole_and_nothing_is_found) {
  scrub_once();
  EXPECT_EQ(damages(), 0U);
  std::uint64_t at_rest = 0;
  for (const std::string& path : files.paths())
    if (path.ends_with(".segment")) at_rest += files.content(path).size();
  EXPECT_GE(scrubbed(), at_rest);
  EXPECT_FALSE(log(group).damage_met());
  EXPECT_FALSE(log(other).damage_met());
}

// Header, state block, an entry's header, its content, the end; of sealed segments and of the active one.
TEST_F(log_scrubber_test, flipped_bit_anywhere_in_a_segment_is_found_within_one_pass) {
  for (const std::int64_t base : {std::int64_t{1}, std::int64_t{21}, sealed_entries + 1}) {
    const std::size_t size = files.content(segment(group, base)).size();
    for (std::size_t position = 0; position < size; position += size / 37 + 1) {
      SCOPED_TRACE(testing::Message() << "base " << base << ", byte " << position);
      flip(segment(group, base), position);
      under_test.time.advance_ms(interval_ms);
      scrub_once();
      EXPECT_TRUE(log(group).damage_met());
      flip(segment(group, base), position);
      under_test.logs.erase(group);
      auto sound = under_test.store->reopen_group(group);
      ASSERT_TRUE(sound);
      under_test.logs[group] = std::move(sound->log);
    }
  }
}

TEST_F(log_scrubber_test, damage_is_met_as_if_a_reader_had_met_it) {
  flip(segment(group, 21), files.content(segment(group, 21)).size() / 2);
  EXPECT_FALSE(log(group).damage_met()) << "nobody reads it";
  scrub_once();
  ASSERT_TRUE(log(group).damage_met());
  EXPECT_NE(log(group).damage_met()->message.find(segment(group, 21)), std::string::npos);
  EXPECT_EQ(damages(), 1U);
  EXPECT_FALSE(log(other).damage_met());
  under_test.logs.erase(group);
  auto found = under_test.store->reopen_group(group);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_NE(found->cut_off, "");
  under_test.time.advance_ms(interval_ms);
  scrub_once();
  EXPECT_EQ(damages(), 1U) << "what is left of it is sound";
}

TEST_F(log_scrubber_test, missing_end_of_a_segment_is_damage) {
  bytes content = files.content(segment(other, 1));
  content.resize(content.size() - 8);
  files.set_content(segment(other, 1), content);
  scrub_once();
  EXPECT_TRUE(log(other).damage_met());
}

TEST_F(log_scrubber_test, segment_that_retention_deletes_meanwhile_is_no_damage) {
  step_into_second_segment();
  flip(segment(group, 21), files.content(segment(group, 21)).size() - 10);
  log(group).raise_log_start({record_offset(sealed_entries), log_index(sealed_entries + 1)});
  while (under_test.store->step()) {
  }
  ASSERT_EQ(std::ranges::count(files.paths(), segment(group, 21)), 0);
  scrub_once();
  EXPECT_EQ(damages(), 0U);
  EXPECT_FALSE(log(group).damage_met());
}

TEST_F(log_scrubber_test, replica_that_is_removed_meanwhile_is_no_damage) {
  step_into_second_segment();
  under_test.logs.erase(group);
  ASSERT_TRUE(under_test.store->remove_group(group));
  scrub_once();
  EXPECT_EQ(damages(), 0U);
}

TEST_F(log_scrubber_test, what_is_appended_meanwhile_does_no_harm) {
  for (std::int64_t i = last + 1; passes() == 0; ++i) {
    ASSERT_LT(i, 2000);
    append(group, i, i);
    ASSERT_TRUE(under_test.checkpoint(group, i));
    step();
  }
  EXPECT_EQ(damages(), 0U);
}

TEST_F(log_scrubber_test, no_more_is_read_in_a_second_than_was_asked_for) {
  step();
  const std::int64_t begin_us = under_test.time.monotonic_us() + wait_us;
  scrub_once();
  const double seconds = static_cast<double>(under_test.time.monotonic_us() - begin_us) / 1e6;
  const auto total = static_cast<double>(scrubbed());
  EXPECT_GT(total, 2.0 * rate) << "long enough to tell";
  // The last piece is read at the end of that time, and paid for after it.
  EXPECT_LE(total - (128 << 10), rate * seconds);
  EXPECT_GE(total, 0.9 * rate * seconds);
}

TEST_F(log_scrubber_test, passes_begin_as_far_apart_as_was_asked_for) {
  step();
  const std::int64_t begun_us = under_test.time.monotonic_us() + wait_us;
  scrub_once();
  EXPECT_EQ(under_test.metrics.gauge("marquee_storage_scrub_last_pass_wall_ms", "").value(),
            under_test.time.wall_ms());
  const std::uint64_t read = scrubbed();
  const std::int64_t left_ms = (begun_us - under_test.time.monotonic_us()) / 1000 + interval_ms;
  under_test.time.advance_ms(left_ms - 1);
  wait_us = 0;
  step();
  EXPECT_EQ(scrubbed(), read) << "not yet";
  step();
  EXPECT_GT(scrubbed(), read);
}

TEST_F(log_scrubber_test, it_pauses_when_told_to_and_goes_on) {
  step();
  step();
  const std::uint64_t read = scrubbed();
  under_test.store->pause_scrub(true);
  for (int i = 0; i < 5; ++i) step();
  EXPECT_EQ(scrubbed(), read);
  under_test.store->pause_scrub(false);
  scrub_once();
}

TEST_F(log_scrubber_test, it_is_off_without_a_pace) {
  under_test.options.scrub_bytes_per_second = 0;
  ASSERT_TRUE(under_test.open());
  EXPECT_FALSE(under_test.store->scrub_step());
}

/// With full files of the write-ahead log that are still needed.
class wal_scrub_test : public log_scrubber_test {
 protected:
  struct wal_state {
    std::string path;
    wal_file_header header;
  };
  void SetUp() override {
    log_scrubber_test::SetUp();
    append(group, last + 1, last + 40);
    std::vector<wal_state> all;
    for (const std::string& path : files.paths())
      if (path.ends_with(".wal"))
        if (const auto header =
                decode_wal_file_header(bytes_view(files.content(path)).first(wal_first_record)))
          all.push_back({path, *header});
    std::ranges::sort(all, {}, [](const wal_state& each) { return each.header.generation; });
    current = all.back().path;
    all.pop_back();
    // The newest checkpoint begins with the first of them.
    for (auto each = all.rbegin(); each != all.rend(); ++each) {
      full.push_back(each->path);
      if (each->header.begins_checkpoint) break;
    }
    ASSERT_GE(full.size(), 2U);
  }

  std::string current;
  std::vector<std::string> full;
};

TEST_F(wal_scrub_test, sound_files_are_read_and_nothing_is_found) {
  scrub_once();
  EXPECT_EQ(damages(), 0U);
  EXPECT_EQ(under_test.checkpoints_wanted, 0);
}

TEST_F(wal_scrub_test, flipped_bit_in_a_full_file_asks_for_a_checkpoint_and_no_replica_stands_aside) {
  int wanted = 0;
  for (const std::string& path : full) {
    const auto scan = scan_wal_file(files, path, 1);
    ASSERT_TRUE(scan);
    const wal_record_header& last_record = scan->records.back().header;
    const wal_record_header& middle = scan->records[scan->records.size() / 2].header;
    for (const std::uint64_t position :
         {middle.position + 10, middle.position + wal_record_header_bytes + middle.payload_bytes / 2,
          last_record.position + wal_record_header_bytes + last_record.payload_bytes - 1}) {
      flip(path, position);
      under_test.time.advance_ms(interval_ms);
      scrub_once();
      EXPECT_EQ(under_test.checkpoints_wanted, ++wanted) << path << " byte " << position;
      flip(path, position);
    }
  }
  EXPECT_EQ(damages(), static_cast<std::uint64_t>(wanted));
  EXPECT_FALSE(log(group).damage_met());
}

TEST_F(wal_scrub_test, after_that_checkpoint_a_start_reads_nothing_that_is_damaged) {
  flip(full.front(), 30'000);
  scrub_once();
  ASSERT_EQ(under_test.checkpoints_wanted, 1);
  ASSERT_TRUE(under_test.checkpoint(group, last));
  under_test.close();
  files.crash(1);
  ASSERT_TRUE(under_test.open());
  EXPECT_EQ(under_test.recovered.at(group).cut_off, "");
  EXPECT_EQ(under_test.all_entries(group).size(), static_cast<std::size_t>(last + 40));
}

TEST_F(wal_scrub_test, file_that_is_freed_and_written_anew_meanwhile_is_no_damage) {
  flip(full.front(), 30'000);
  const std::uint64_t segments = [this] {
    std::uint64_t total = 0;
    for (const std::string& path : files.paths())
      if (path.ends_with(".segment")) total += files.content(path).size();
    return total;
  }();
  for (int steps = 0; scrubbed() <= segments; ++steps) {
    ASSERT_LT(steps, 1000);
    step();
  }
  ASSERT_EQ(passes(), 0U);
  ASSERT_EQ(damages(), 0U) << "it has listed these files and not yet come to the newest of them";
  ASSERT_TRUE(under_test.checkpoint(group, last + 40));
  append(group, last + 41, last + 80);
  scrub_once();
  EXPECT_EQ(damages(), 0U);
  EXPECT_EQ(under_test.checkpoints_wanted, 0);
}

TEST_F(wal_scrub_test, file_that_is_being_written_is_left_alone) {
  flip(current, wal_first_record + 20);
  scrub_once();
  EXPECT_EQ(damages(), 0U);
}

}  // namespace
}  // namespace marquee::raft
