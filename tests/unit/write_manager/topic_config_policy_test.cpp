#include "write_manager/topic_config_policy.h"

#include <gtest/gtest.h>

namespace marquee::write_manager {
namespace {

TEST(topic_config_policy, takes_every_documented_key) {
  const auto config = check_topic_config({{"durability", "relaxed"},
                                          {"retention.ms", "-1"},
                                          {"retention.bytes", "1000"},
                                          {"segment.bytes", "65536"},
                                          {"max.message.bytes", "2000"},
                                          {"message.timestamp.type", "append"},
                                          {"partition.max.messages", "0"},
                                          {"partitions.max", "8"}});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->at("retention.ms"), "-1");
}

TEST(topic_config_policy, refuses_unknown_keys_and_bad_values_by_name) {
  for (const auto& [key, value] : {std::pair{"retention", "1"},
                                   {"durability", "maybe"},
                                   {"retention.ms", "-2"},
                                   {"retention.ms", "1.5"},
                                   {"retention.ms", "1 "},
                                   {"segment.bytes", "1"},
                                   {"max.message.bytes", ""}}) {
    const auto config = check_topic_config({{key, value}});
    ASSERT_FALSE(config) << key << "=" << value;
    EXPECT_NE(config.error().message.find(key), std::string::npos);
  }
}

TEST(topic_config_policy, shows_defaults_and_numbers_as_numbers) {
  const std::string json = effective_config_json({{"retention.ms", "5"}});
  EXPECT_NE(json.find("\"retention.ms\":5"), std::string::npos);
  EXPECT_NE(json.find("\"durability\":\"durable\""), std::string::npos);
}

TEST(topic_config_policy, knows_names_that_topics_may_have) {
  for (const char* good : {"a", "orders.v2", "A_b-C", "..."})
    EXPECT_EQ(problem_with_topic_name(good), "") << good;
  for (const char* bad : {"", ".", "..", "a b", "a/b", "__internal", "\xc3\xa4"})
    EXPECT_NE(problem_with_topic_name(bad), "") << bad;
  EXPECT_NE(problem_with_topic_name(std::string(250, 'a')), "");
}

}  // namespace
}  // namespace marquee::write_manager
