#include "broker/topic_config_table.h"

#include <gtest/gtest.h>

namespace marquee::broker {
namespace {

using wishes = std::map<std::string, std::optional<std::string>>;
using config = std::map<std::string, std::string>;

TEST(topic_config_table, kafkas_words_for_time_stamps_become_ours_and_back) {
  EXPECT_EQ(*translate_topic_config({{"message.timestamp.type", "LogAppendTime"}}, 3),
            (config{{"message.timestamp.type", "append"}}));
  EXPECT_EQ(*translate_topic_config({{"message.timestamp.type", "CreateTime"}}, 3),
            (config{{"message.timestamp.type", "create"}}));
  EXPECT_EQ(kafka_value("message.timestamp.type", "append"), "LogAppendTime");
  EXPECT_EQ(kafka_value("durability", "append"), "append");
}

TEST(topic_config_table, what_is_fixed_can_be_asked_for_as_it_is) {
  EXPECT_EQ(*translate_topic_config({{"cleanup.policy", "delete"}, {"min.insync.replicas", "2"}}, 3),
            config{});
  EXPECT_EQ(*translate_topic_config({{"min.insync.replicas", "1"}}, 1), config{});
  EXPECT_FALSE(translate_topic_config({{"cleanup.policy", "compact"}}, 3));
  for (const char* value : {"3", "0", "-1", "", "two", "1x"})
    EXPECT_FALSE(translate_topic_config({{"min.insync.replicas", value}}, 3)) << value;
}

TEST(topic_config_table, a_null_value_is_the_default_and_unknown_keys_are_the_managers_to_refuse) {
  EXPECT_EQ(*translate_topic_config({{"retention.ms", std::nullopt}, {"nosuch", "1"}}, 3),
            (config{{"nosuch", "1"}}));
}

}  // namespace
}  // namespace marquee::broker
