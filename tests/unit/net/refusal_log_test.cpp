#include "net/refusal_log.h"

#include <gtest/gtest.h>

namespace marquee::net {
namespace {

TEST(refusal_log, tells_ten_a_second_and_counts_the_others) {
  refusal_log log;
  std::chrono::steady_clock::time_point now{std::chrono::hours(1)};
  std::int64_t lines = 0;
  std::int64_t counted = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t untold = log.tell(now);
    if (untold >= 0) {
      ++lines;
      counted += untold + 1;
    }
    now += std::chrono::milliseconds(1);
  }
  EXPECT_EQ(lines, 10);
  EXPECT_EQ(counted, 901);
}

}  // namespace
}  // namespace marquee::net
