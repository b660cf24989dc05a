#include "net/line_guard.h"

#include <gtest/gtest.h>

using marquee::net::line_guard;

namespace {

bool accepts(std::string_view section) {
  line_guard guard;
  for (const char c : section)
    if (!guard.look_at(std::string_view(&c, 1))) return false;
  return true;
}

TEST(line_guard, sees_the_end_of_a_section_and_looks_no_further) {
  line_guard guard;
  EXPECT_TRUE(guard.look_at("GET / HTTP/1.1\r\nA: b\tc \r\n\r"));
  EXPECT_FALSE(guard.at_end());
  EXPECT_TRUE(guard.look_at("\n\0\n body"));
  EXPECT_TRUE(guard.at_end());
}

TEST(line_guard, refuses_lines_that_parsers_disagree_about) {
  EXPECT_FALSE(accepts("GET / HTTP/1.1\nA: b\r\n\r\n"));
  EXPECT_FALSE(accepts("GET / HTTP/1.1\r\nA: b\n\r\n"));
  EXPECT_FALSE(accepts("GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n"));
  EXPECT_FALSE(accepts("GET / HTTP/1.1\r\nA: b\r\n\tc\r\n\r\n"));
  EXPECT_FALSE(accepts("GET / HTTP/1.1\r\n A: b\r\n\r\n"));
  EXPECT_FALSE(accepts("GET / HTTP/1.1\r\nA: \x1b[31m\r\n\r\n"));
  EXPECT_FALSE(accepts("GET / HTTP/1.1\r\nA: \x7f\r\n\r\n"));
  EXPECT_TRUE(accepts("GET / HTTP/1.1\r\nA: \xc3\xa9\r\n\r\n"));
}

TEST(line_guard, finds_a_lone_line_feed_between_chunks) {
  EXPECT_TRUE(line_guard::has_lone_line_feed("\n2"));
  EXPECT_TRUE(line_guard::has_lone_line_feed("\r\n2\n"));
  EXPECT_FALSE(line_guard::has_lone_line_feed("\r\n2\r\n"));
}

}  // namespace
