#include "base/file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/base/temporary_folder.h"

namespace marquee {
namespace {

using ::testing::ElementsAre;

class system_files : public ::testing::Test {
 protected:
  std::unique_ptr<file> open(const std::string& name, open_mode mode) {
    auto opened = files_.open(folder_.at(name), mode);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  static result<> write(file& target, std::uint64_t position, std::string_view text) {
    const bytes_view parts[] = {as_bytes(text)};
    return target.write_at(position, parts);
  }

  temporary_folder folder_;
  file_system& files_ = system_file_system();
};

TEST_F(system_files, give_back_what_was_written_in_parts) {
  auto target = open("log", open_mode::create);
  const bytes_view parts[] = {as_bytes("one "), as_bytes(""), as_bytes("two "), as_bytes("three")};
  ASSERT_TRUE(target->write_at(0, parts));
  ASSERT_TRUE(write(*target, 4, "TWO"));
  ASSERT_TRUE(target->sync());
  EXPECT_EQ(*target->size(), 13U);
  EXPECT_EQ(as_text(*read_file(files_, folder_.at("log"), 100)), "one TWO three");
}

TEST_F(system_files, write_more_parts_than_one_call_takes) {
  auto target = open("log", open_mode::create);
  const std::vector<bytes_view> parts(3000, as_bytes("abc"));
  ASSERT_TRUE(target->write_at(0, parts));
  EXPECT_EQ(*target->size(), 9000U);
  EXPECT_EQ(as_text(*read_file(files_, folder_.at("log"), 9000)).substr(8997), "abc");
}

TEST_F(system_files, read_short_only_at_the_end) {
  auto target = open("log", open_mode::create);
  ASSERT_TRUE(write(*target, 0, "0123456789"));
  bytes buffer(8);
  EXPECT_EQ(*target->read_at(4, buffer), 6U);
  EXPECT_EQ(*target->read_at(10, buffer), 0U);
  EXPECT_EQ(*target->read_at(99, buffer), 0U);
}

TEST_F(system_files, tell_missing_and_existing_files_apart) {
  EXPECT_EQ(files_.open(folder_.at("none"), open_mode::read).error().code, error_code::not_found);
  EXPECT_EQ(files_.open(folder_.at("none"), open_mode::write).error().code, error_code::not_found);
  open("one", open_mode::create_new);
  EXPECT_EQ(files_.open(folder_.at("one"), open_mode::create_new).error().code, error_code::already_exists);
  EXPECT_TRUE(*files_.exists(folder_.at("one")));
  EXPECT_FALSE(*files_.exists(folder_.at("none")));
}

TEST_F(system_files, refuse_to_write_what_was_opened_for_reading_and_every_write_after_that) {
  open("log", open_mode::create);
  auto target = open("log", open_mode::read);
  EXPECT_EQ(write(*target, 0, "x").error().code, error_code::io);
  EXPECT_THAT(target->sync().error().message, ::testing::HasSubstr("takes no more writes"));
}

TEST_F(system_files, report_a_full_disk_as_no_space_and_take_no_more_writes) {
  auto opened = files_.open("/dev/full", open_mode::write);
  ASSERT_TRUE(opened);
  EXPECT_EQ(write(**opened, 0, "x").error().code, error_code::no_space);
  EXPECT_EQ(write(**opened, 0, "x").error().code, error_code::io);
}

TEST_F(system_files, cut_and_extend) {
  auto target = open("log", open_mode::create);
  ASSERT_TRUE(write(*target, 0, "0123456789"));
  ASSERT_TRUE(target->truncate(4));
  ASSERT_TRUE(target->truncate(6));
  EXPECT_EQ(as_text(*read_file(files_, folder_.at("log"), 100)), std::string_view("0123\0\0", 6));
}

TEST_F(system_files, make_list_and_remove_folders) {
  const std::string deep = folder_.at("a/b/c");
  ASSERT_TRUE(files_.create_directories(deep));
  ASSERT_TRUE(files_.create_directories(deep));
  open("a/z", open_mode::create);
  EXPECT_THAT(*files_.list(folder_.at("a")), ElementsAre("b", "z"));
  EXPECT_EQ(files_.list(folder_.at("none")).error().code, error_code::not_found);
  EXPECT_FALSE(files_.remove_directory(folder_.at("a")));
  ASSERT_TRUE(files_.remove_directory(deep));
  ASSERT_TRUE(files_.remove_directory(deep));
  ASSERT_TRUE(files_.sync_directory(folder_.at("a")));
  EXPECT_FALSE(files_.create_directories(folder_.at("a/z/x")));
  EXPECT_FALSE(files_.create_directories(folder_.at("a/z")));
}

TEST_F(system_files, rename_and_remove_files) {
  open("old", open_mode::create);
  ASSERT_TRUE(files_.rename(folder_.at("old"), folder_.at("new")));
  EXPECT_FALSE(files_.rename(folder_.at("old"), folder_.at("new")));
  ASSERT_TRUE(files_.remove_file(folder_.at("new")));
  ASSERT_TRUE(files_.remove_file(folder_.at("new")));
}

TEST_F(system_files, know_the_free_space) {
  EXPECT_GT(*files_.free_bytes(folder_.path()), 0U);
  EXPECT_FALSE(files_.free_bytes(folder_.at("none")));
}

TEST_F(system_files, replace_small_files_whole_whatever_a_crash_left_behind) {
  const std::string path = folder_.at("identity");
  const bytes_view leftover[] = {as_bytes("a longer leftover of a crash")};
  ASSERT_TRUE(open("identity.new", open_mode::create)->write_at(0, leftover));
  ASSERT_TRUE(replace_file(files_, path, as_bytes("first")));
  ASSERT_TRUE(replace_file(files_, path, as_bytes("2nd")));
  EXPECT_EQ(as_text(*read_file(files_, path, 100)), "2nd");
  EXPECT_THAT(*files_.list(folder_.path()), ElementsAre("identity"));
}

TEST_F(system_files, give_a_lock_to_one_holder_at_a_time) {
  auto held = files_.lock(folder_.at("lock"));
  ASSERT_TRUE(held);
  EXPECT_EQ(files_.lock(folder_.at("lock")).error().code, error_code::refused);
  held->reset();
  EXPECT_TRUE(files_.lock(folder_.at("lock")));
  EXPECT_EQ(files_.lock(folder_.at("none/lock")).error().code, error_code::not_found);
}

TEST_F(system_files, refuse_to_read_more_than_the_limit) {
  ASSERT_TRUE(replace_file(files_, folder_.at("big"), bytes(100'000, 7)));
  EXPECT_EQ(read_file(files_, folder_.at("big"), 99'999).error().code, error_code::too_large);
  EXPECT_EQ(read_file(files_, folder_.at("big"), 100'000)->size(), 100'000U);
  EXPECT_EQ(read_file(files_, folder_.at("none"), 1).error().code, error_code::not_found);
}

}  // namespace
}  // namespace marquee
