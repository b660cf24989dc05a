#include "read_manager/message_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace marquee::read_manager {
namespace {

using nlohmann::json;

delivered_record record(std::optional<std::string_view> key, std::optional<std::string_view> value) {
  delivered_record item;
  item.partition = 2;
  item.record.offset = 41;
  item.record.timestamp_ms = 1700;
  if (key) item.record.key = as_bytes(*key);
  if (value) item.record.value = as_bytes(*value);
  return item;
}
json parsed(const delivered_record& item) {
  std::string out = "{";
  append_message_members(out, item);
  return json::parse(out + "}");
}

TEST(message_json, text_comes_back_as_text) {
  const json got = parsed(record("k\"1", "h\xc3\xa9llo\n"));
  EXPECT_EQ(got["message"], "h\xc3\xa9llo\n");
  EXPECT_EQ(got["key"], "k\"1");
  EXPECT_EQ(got["partition"], 2);
  EXPECT_EQ(got["offset"], 41);
  EXPECT_EQ(got["timestamp"], 1700);
  EXPECT_EQ(got["headers"], json::object());
  EXPECT_FALSE(got.contains("tombstone"));
}

TEST(message_json, what_is_not_utf8_comes_back_as_base64) {
  const json got = parsed(record("\xff", std::string_view("\x00\xfe", 2)));
  EXPECT_FALSE(got.contains("message"));
  EXPECT_EQ(got["message_base64"], "AP4=");
  EXPECT_EQ(got["key_base64"], "/w==");
}

TEST(message_json, null_and_empty_are_told_apart) {
  EXPECT_TRUE(parsed(record(std::nullopt, ""))["key"].is_null());
  EXPECT_EQ(parsed(record("", ""))["key"], "");
  const json tombstone = parsed(record("k", std::nullopt));
  EXPECT_TRUE(tombstone["message"].is_null());
  EXPECT_EQ(tombstone["tombstone"], true);
}

TEST(message_json, headers_are_an_object_and_a_list_only_when_that_loses_something) {
  delivered_record item = record("k", "v");
  item.record.headers = {{"a", as_bytes("1")}, {"b", as_bytes("\xff")}};
  json got = parsed(item);
  EXPECT_EQ(got["headers"], (json{{"a", "1"}}));
  EXPECT_EQ(got["headers_base64"], (json{{"b", "/w=="}}));
  EXPECT_FALSE(got.contains("headers_list"));
  item.record.headers.push_back({"a", as_bytes("2")});
  item.record.headers.push_back({"c", std::nullopt});
  got = parsed(item);
  EXPECT_EQ(got["headers"], (json{{"a", "1"}}));
  EXPECT_EQ(got["headers_list"], json::parse(R"([["a","1"],["b",{"base64":"/w=="}],["a","2"],["c",null]])"));
}

TEST(message_json, the_single_fields_repeat_the_first_message) {
  delivery what;
  what.records = {record("k", "one"), record("k", "two")};
  what.skipped = 3;
  const json got = json::parse(consume_answer(what));
  EXPECT_EQ(got["status"], "success");
  EXPECT_EQ(got["message"], "one");
  EXPECT_EQ(got["messages"].size(), 2U);
  EXPECT_EQ(got["messages"][1]["message"], "two");
  EXPECT_EQ(got["skipped"], 3);
}

TEST(message_json, nothing_to_read_is_null_and_an_empty_list) {
  const json got = json::parse(consume_answer({}));
  EXPECT_TRUE(got["message"].is_null());
  EXPECT_EQ(got["messages"], json::array());
  EXPECT_FALSE(got.contains("skipped"));
}

}  // namespace
}  // namespace marquee::read_manager
