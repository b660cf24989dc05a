#include "booking_app/replica/process_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/file_system.h"
#include "tests/unit/base/temporary_folder.h"

namespace marquee::booking {
namespace {

TEST(process_file, names_this_process) {
  const temporary_folder folder;
  ASSERT_TRUE(write_process_file(folder.path(), "r2", 3));
  const auto written = read_file(system_file_system(), folder.at("process.json"), 1000);
  ASSERT_TRUE(written);
  const auto content = nlohmann::json::parse(as_text(*written));
  EXPECT_EQ(content["pid"], ::getpid());
  EXPECT_EQ(content["replica"], "r2");
  EXPECT_EQ(content["incarnation"], 3);
  EXPECT_GT(content["start_ticks"], 0);
}

TEST(process_file, finds_the_start_behind_a_name_with_spaces_and_parentheses) {
  std::string stat = "7 (a) b (c)) S";
  for (int field = 4; field <= 52; ++field) stat += " " + std::to_string(field);
  EXPECT_EQ(start_ticks_in(stat), 22);
}

TEST(process_file, refuses_a_text_that_is_none) {
  for (const char* bad :
       {"", "7 (x) S 1 2", "7 x S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22"})
    EXPECT_FALSE(start_ticks_in(bad)) << bad;
}

}  // namespace
}  // namespace marquee::booking
