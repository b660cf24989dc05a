#include <gtest/gtest.h>

#include <sstream>

#include "cli/record_source.h"

namespace marquee::cli {
namespace {

std::vector<std::string> values_of(const std::string& input) {
  std::istringstream stream(input);
  record_source source(stream, {});
  std::vector<std::string> values;
  while (true) {
    const auto record = source.next();
    EXPECT_TRUE(record);
    if (!record || !*record) return values;
    EXPECT_EQ((*record)->number, static_cast<std::int64_t>(values.size()));
    values.push_back((*record)->value);
  }
}

TEST(record_source, takes_one_record_a_line_and_keeps_every_other_byte) {
  EXPECT_EQ(values_of("one\n two \r\n\n\xff\t\n"),
            (std::vector<std::string>{"one", " two \r", "", "\xff\t"}));
}

TEST(record_source, takes_what_follows_the_last_newline) {
  EXPECT_EQ(values_of("one\ntwo"), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(values_of(""), std::vector<std::string>{});
  EXPECT_EQ(values_of("\n"), std::vector<std::string>{""});
}

TEST(record_source, refuses_a_line_that_no_request_can_carry_and_names_it) {
  std::istringstream stream("short\n" + std::string(largest_record_bytes + 1, 'x'));
  record_source source(stream, {});
  ASSERT_TRUE(source.next());
  const auto record = source.next();
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().code, error_code::too_large);
  EXPECT_NE(record.error().message.find("line 2"), std::string::npos);
}

TEST(record_source, takes_the_key_from_a_field) {
  std::istringstream stream("2026-11-21 09:00:00 status installed\nshort\n");
  record_source source(stream, {.key = std::nullopt, .field = 4});
  EXPECT_EQ((**source.next()).key, "installed");
  EXPECT_FALSE((**source.next()).key);
}

TEST(record_source, gives_all_records_the_same_key) {
  std::istringstream stream("a\n");
  record_source source(stream, {.key = "k"});
  EXPECT_EQ((**source.next()).key, "k");
}

TEST(field_of, counts_from_one_and_skips_runs_of_blanks) {
  EXPECT_EQ(field_of("  a \t b  ", 1), "a");
  EXPECT_EQ(field_of("  a \t b  ", 2), "b");
  EXPECT_FALSE(field_of("  a \t b  ", 3));
  EXPECT_FALSE(field_of("", 1));
}

}  // namespace
}  // namespace marquee::cli
