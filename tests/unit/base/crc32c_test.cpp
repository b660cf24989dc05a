#include "base/crc32c.h"

#include <gtest/gtest.h>

namespace marquee {
namespace {

TEST(crc32c, gives_the_value_that_every_implementation_gives_for_123456789) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283U);
}

TEST(crc32c, gives_the_values_of_rfc_3720_appendix_b_4) {
  EXPECT_EQ(crc32c(bytes(32, 0x00)), 0x8a9136aaU);
  EXPECT_EQ(crc32c(bytes(32, 0xff)), 0x62a8ab43U);
}

TEST(crc32c, of_nothing_is_zero) {
  EXPECT_EQ(crc32c(bytes_view{}), 0U);
}

TEST(crc32c, goes_on_from_an_earlier_part) {
  const std::string_view text = "append goes on where it stopped";
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    EXPECT_EQ(crc32c(as_bytes(text.substr(cut)), crc32c(as_bytes(text.substr(0, cut)))),
              crc32c(as_bytes(text)));
}

}  // namespace
}  // namespace marquee
