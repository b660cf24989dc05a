#include "base/result.h"

#include <gtest/gtest.h>

namespace marquee {
namespace {

result<int> parse_port(bool good) {
  if (!good) return fail(error_code::invalid_argument, "'x' is not a port");
  return 8080;
}

result<> listen(bool good) {
  const auto port = parse_port(good);
  if (!port) return fail(port, "listener");
  return {};
}

TEST(result, holds_a_value_or_why_there_is_none) {
  EXPECT_EQ(*parse_port(true), 8080);
  EXPECT_EQ(parse_port(false).error().code, error_code::invalid_argument);
}

TEST(result, passes_a_failure_on_with_what_was_being_done) {
  EXPECT_TRUE(listen(true));
  const auto failed = listen(false);
  EXPECT_EQ(failed.error().code, error_code::invalid_argument);
  EXPECT_EQ(failed.error().message, "listener: 'x' is not a port");
}

TEST(error_code, has_a_name_for_every_kind) {
  for (int code = 0; code <= static_cast<int>(error_code::internal); ++code)
    EXPECT_NE(to_string(static_cast<error_code>(code)), "unknown error") << code;
}

}  // namespace
}  // namespace marquee
