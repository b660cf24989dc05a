#include "base/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/assert.h"
#include "tests/unit/base/temporary_folder.h"

namespace marquee {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

/// Ends in a child process, so that the test program's own log is left alone.
[[noreturn]] void log_into_file_and_exit(const std::string& path, log_level level) {
  initialise_logging({.level = level, .file = path, .process_name = "broker-1"});
  log_debug("raft", "quiet");
  log_info("raft", "term {} begins", 7);
  log_warning("broker.kafka", "two\nlines");
  std::exit(0);
}

std::string content_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(logging_death_test, writes_time_level_process_component_and_text) {
  const temporary_folder folder;
  const std::string path = folder.at("log");
  EXPECT_EXIT(log_into_file_and_exit(path, log_level::info), ::testing::ExitedWithCode(0), "");
  std::istringstream lines(content_of(path));
  std::string line;
  std::getline(lines, line);
  EXPECT_THAT(
      line,
      MatchesRegex("20[0-9-]+T[0-9]+:[0-9]+:[0-9]+\\.[0-9][0-9][0-9]Z info broker-1 raft: term 7 begins"));
  std::getline(lines, line);
  EXPECT_THAT(line, HasSubstr("Z warning broker-1 broker.kafka: two lines"));
}

TEST(logging_death_test, leaves_out_what_is_below_the_level) {
  const temporary_folder folder;
  const std::string path = folder.at("log");
  EXPECT_EXIT(log_into_file_and_exit(path, log_level::warning), ::testing::ExitedWithCode(0), "");
  EXPECT_THAT(content_of(path), Not(HasSubstr("term 7")));
}

TEST(logging_death_test, goes_on_when_its_file_cannot_be_opened) {
  EXPECT_EXIT(log_into_file_and_exit("/dev/null/log", log_level::info), ::testing::ExitedWithCode(0),
              "cannot be opened");
}

TEST(assert_death_test, names_the_condition_and_puts_it_into_the_log) {
  const temporary_folder folder;
  const std::string path = folder.at("log");
  EXPECT_DEATH(
      {
        initialise_logging({.file = path, .process_name = "broker-1"});
        MARQUEE_ASSERT(1 > 2, "one is not more");
      },
      "invariant violated: one is not more \\(1 > 2\\)");
  EXPECT_THAT(content_of(path), HasSubstr("error broker-1 assert: "));
}

TEST(escape_for_log, keeps_text) {
  EXPECT_EQ(escape_for_log("orders/0 caf\xc3\xa9 \xf0\x9f\x8e\xab"), "orders/0 caf\xc3\xa9 \xf0\x9f\x8e\xab");
}

TEST(escape_for_log, shows_control_characters_and_broken_utf8_as_hex) {
  EXPECT_EQ(escape_for_log("a\nb\x1b[31m\x7f"), "a\\x0ab\\x1b[31m\\x7f");
  EXPECT_EQ(escape_for_log("\xff\xc3("), "\\xff\\xc3(");
  EXPECT_EQ(escape_for_log("\xc2\x9b"), "\\xc2\\x9b");
  EXPECT_EQ(escape_for_log(std::string_view("\0", 1)), "\\x00");
}

TEST(escape_for_log, cuts_at_the_limit_and_never_within_a_character) {
  EXPECT_EQ(escape_for_log("abcdef", 6), "abcdef");
  EXPECT_EQ(escape_for_log("abcdefg", 6), "abcdef...");
  EXPECT_EQ(escape_for_log("abc\xe2\x82\xac", 5), "abc...");
  EXPECT_EQ(escape_for_log("abc\n", 5), "abc...");
}

}  // namespace
}  // namespace marquee
