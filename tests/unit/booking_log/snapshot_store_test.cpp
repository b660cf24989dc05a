#include "booking_app/log/snapshot_store.h"

#include <gtest/gtest.h>

#include "base/simulated_file_system.h"
#include "booking_app/log/digest_history.h"

namespace marquee::booking {
namespace {

/// A machine after `count` ticks.
machine after(std::int64_t count) {
  machine made;
  for (std::int64_t offset = 0; offset < count; ++offset)
    (void)made.apply({.offset = offset,
                      .timestamp_ms = 1000 + offset,
                      .value = as_bytes(R"({"v":1,"type":"tick","client_id":"_fe-1","body":{}})")});
  return made;
}

snapshot_store open_in(file_system& files) {
  auto opened = snapshot_store::open("state/1", files);
  EXPECT_TRUE(opened);
  return std::move(*opened);
}

std::int64_t loaded_offset(const snapshot_store& store) {
  const auto loaded = store.load();
  return loaded ? loaded->next_offset() : -1;
}

TEST(snapshot_store, has_none_at_first) {
  simulated_file_system files;
  EXPECT_FALSE(open_in(files).load());
}

TEST(snapshot_store, gives_the_newest_one_back_and_keeps_two) {
  simulated_file_system files;
  auto store = open_in(files);
  for (const std::int64_t count : {3, 20, 100}) ASSERT_TRUE(store.save(after(count).snapshot(), count));
  EXPECT_EQ(loaded_offset(store), 100);
  EXPECT_EQ(store.load()->snapshot(), after(100).snapshot());
  EXPECT_FALSE(*files.exists("state/1/3.snapshot"));
  EXPECT_TRUE(*files.exists("state/1/20.snapshot"));
}

TEST(snapshot_store, takes_the_one_before_when_the_newest_is_damaged_anywhere) {
  const std::string newest = after(20).snapshot();
  for (std::size_t position = 0; position < newest.size(); position += 7) {
    simulated_file_system files;
    auto store = open_in(files);
    ASSERT_TRUE(store.save(after(3).snapshot(), 3));
    ASSERT_TRUE(store.save(newest, 20));
    files.flip_bit("state/1/20.snapshot", position, 3);
    EXPECT_EQ(loaded_offset(store), 3) << position;
  }
}

TEST(snapshot_store, takes_the_one_before_when_the_newest_is_cut_or_empty) {
  const std::string newest = after(20).snapshot();
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, newest.size() / 2, newest.size() - 1}) {
    simulated_file_system files;
    auto store = open_in(files);
    ASSERT_TRUE(store.save(after(3).snapshot(), 3));
    ASSERT_TRUE(store.save(newest, 20));
    files.set_content("state/1/20.snapshot", bytes(newest.begin(), newest.begin() + static_cast<long>(size)));
    EXPECT_EQ(loaded_offset(store), 3) << size;
  }
}

TEST(snapshot_store, passes_over_files_that_are_none) {
  simulated_file_system files;
  auto store = open_in(files);
  ASSERT_TRUE(store.save(after(3).snapshot(), 3));
  for (const char* name : {"-4.snapshot", "9x.snapshot", "99999999999999999999.snapshot", "7.snapshot.new"})
    ASSERT_TRUE(files.open(std::string("state/1/") + name, open_mode::create));
  EXPECT_EQ(loaded_offset(store), 3);
}

TEST(snapshot_store, has_the_old_or_the_new_one_wherever_the_power_goes) {
  for (std::uint64_t step = 1; step < 40; ++step) {
    simulated_file_system files;
    {
      auto store = open_in(files);
      ASSERT_TRUE(store.save(after(3).snapshot(), 3));
      ASSERT_TRUE(store.save(after(5).snapshot(), 5));
      files.fail_at(files.operations() + step, disk_fault::crash);
      (void)store.save(after(20).snapshot(), 20);
    }
    const bool crashed = files.crashed();
    files.crash(step);
    const std::int64_t offset = loaded_offset(open_in(files));
    EXPECT_TRUE(offset == 5 || offset == 20) << "step " << step << ": " << offset;
    if (!crashed) return;
  }
  FAIL() << "saving has more steps than this test looks at";
}

TEST(snapshot_store, keeps_the_old_one_on_a_full_disk_and_works_again_when_there_is_room) {
  simulated_file_system files;
  auto store = open_in(files);
  ASSERT_TRUE(store.save(after(3).snapshot(), 3));
  files.set_capacity(after(3).snapshot().size() + 10);
  const auto failed = store.save(after(20).snapshot(), 20);
  ASSERT_FALSE(failed);
  EXPECT_EQ(loaded_offset(store), 3);
  files.set_capacity(std::uint64_t{1} << 30);
  ASSERT_TRUE(store.save(after(20).snapshot(), 20));
  EXPECT_EQ(loaded_offset(store), 20);
}

TEST(snapshot_store, refuses_a_second_owner_and_takes_the_next_one) {
  simulated_file_system files;
  {
    const auto first = open_in(files);
    const auto second = snapshot_store::open("state/1", files);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, error_code::refused);
  }
  EXPECT_TRUE(snapshot_store::open("state/1", files));
}

TEST(digest_history, keeps_the_newest_digests) {
  digest_history history(3);
  EXPECT_FALSE(history.newest());
  for (std::int64_t offset = 10; offset < 15; ++offset)
    history.add(offset, {.high = 1, .low = static_cast<std::uint64_t>(offset)});
  EXPECT_EQ(history.oldest(), 12);
  EXPECT_EQ(history.newest(), 14);
  EXPECT_FALSE(history.at(11));
  EXPECT_EQ(history.at(12)->low, 12U);
  EXPECT_EQ(history.at(14)->low, 14U);
  EXPECT_FALSE(history.at(15));
}

}  // namespace
}  // namespace marquee::booking
