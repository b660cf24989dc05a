#include "kafka/topic_name.h"

#include <gtest/gtest.h>

#include <string>

namespace marquee::kafka {
namespace {

TEST(topic_name, takes_what_kafka_takes) {
  for (const char* name : {"a", "A-b_c.9", "...", "__x"}) EXPECT_TRUE(is_topic_name(name)) << name;
  EXPECT_TRUE(is_topic_name(std::string(249, 'x')));
  for (const char* name : {"", ".", "..", "a b", "a/b", "\xc3\xa4", "a:b"})
    EXPECT_FALSE(is_topic_name(name)) << name;
  EXPECT_FALSE(is_topic_name(std::string(250, 'x')));
  EXPECT_FALSE(is_topic_name(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace marquee::kafka
