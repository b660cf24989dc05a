#include "net/json_body.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace marquee::net {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string problem_of(std::string_view text) {
  const auto parsed = parse_json(text);
  return parsed ? "" : parsed.error().pointer + "|" + parsed.error().message;
}

TEST(json_parser, keeps_every_kind_of_value) {
  const std::string text = R"({"a":[1,-2,2.5,true,null,{"b":"\u00e9"}],"c":18446744073709551615,"d":{}})";
  const auto parsed = parse_json(text);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(*parsed, nlohmann::json::parse(text));
}

TEST(json_parser, refuses_a_key_that_occurs_twice) {
  EXPECT_THAT(problem_of(R"({"a":{"b":1,"b":2}})"), HasSubstr("/a/b|"));
  EXPECT_THAT(problem_of(R"({"m":[{},{"x/y":1,"x/y":2}]})"), HasSubstr("/m/1/x~1y|"));
  EXPECT_EQ(problem_of(R"({"a":{"b":1},"b":2})"), "");
}

TEST(json_parser, allows_64_levels_and_no_more) {
  EXPECT_EQ(problem_of(std::string(64, '[') + std::string(64, ']')), "");
  EXPECT_THAT(problem_of(std::string(65, '[') + std::string(65, ']')), HasSubstr("64"));
  EXPECT_THAT(problem_of(std::string(1'000'000, '[')), HasSubstr("64"));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  EXPECT_THAT(problem_of(objects), HasSubstr("64"));
}

TEST(json_parser, does_not_stop_at_a_zero_byte) {
  EXPECT_FALSE(parse_json(std::string_view("{}\0", 3)));
  EXPECT_FALSE(parse_json(std::string_view("{}\0{\"a\":1}", 11)));
}

TEST(json_parser, bounds_the_number_of_values) {
  std::string many = "[";
  for (int i = 0; i < 1'000'000; ++i) many += "0,";
  EXPECT_FALSE(parse_json(many + "0]"));
}

TEST(bad_request, does_not_repeat_megabytes) {
  const std::string large(1 << 20, 'n');
  const net::api_error told = net::bad_request("c", {"/" + large, large});
  EXPECT_LT(told.message.size() + told.pointer->size(), 4096U);
}

TEST(json_parser, refuses_what_is_not_json) {
  for (const std::string text :
       {"", "{", "{\"a\":1}x", "{'a':1}", "{\"a\":01}", "nul", "[1,]", "\"\xff\"", "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"", "{\"a\":NaN}", "{\"a\":\"\x01\"}", "{\"a\":1e999}"})
    EXPECT_NE(problem_of(text), "") << text;
}

TEST(json_body, reads_fields_of_the_right_kind) {
  json_body body = json_body::parse(R"({"t":"x","n":5,"f":true,"l":["a","b"],"o":{"n":-1},"x_anything":[1],
                                        "c":{"k":"v","n":7,"b":false},"m":[{"i":1},{"i":2}]})");
  EXPECT_EQ(body.text("t"), "x");
  EXPECT_EQ(body.integer("n", 0, 10), 5);
  EXPECT_EQ(body.integer_or("missing", 9, 0, 10), 9);
  EXPECT_EQ(body.optional_integer("missing", 0, 10), std::nullopt);
  EXPECT_EQ(body.optional_text("missing"), std::nullopt);
  EXPECT_TRUE(body.flag_or("f", false));
  EXPECT_THAT(body.texts("l", 2), ElementsAre("a", "b"));
  EXPECT_EQ(body.optional_object("o")->integer("n", -5, 5), -1);
  EXPECT_THAT(body.scalar_members("c"), ElementsAre(Pair("b", "false"), Pair("k", "v"), Pair("n", "7")));
  std::vector<json_body> list = body.objects("m", 10);
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].integer("i", 0, 9) + list[1].integer("i", 0, 9), 3);
  EXPECT_EQ(body.finish(), std::nullopt);
}

TEST(json_body, names_the_first_problem_by_its_pointer) {
  const auto pointer_of = [](std::string_view text) {
    json_body body = json_body::parse(text);
    (void)body.text("topic");
    (void)body.integer_or("n", 0, 0, 100);
    (void)body.flag_or("f", false);
    for (json_body each : body.objects("messages", 2)) (void)each.optional_text("key");
    const auto problem = body.finish();
    return problem ? problem->pointer : "none";
  };
  EXPECT_EQ(pointer_of(R"({"topic":"t"})"), "none");
  EXPECT_EQ(pointer_of(""), "/topic");
  EXPECT_EQ(pointer_of("[]"), "");
  EXPECT_EQ(pointer_of(R"({"topic":1})"), "/topic");
  EXPECT_EQ(pointer_of(R"({"topic":null})"), "/topic");
  EXPECT_EQ(pointer_of(R"({"topic":"t","n":1.5})"), "/n");
  EXPECT_EQ(pointer_of(R"({"topic":"t","n":1e300})"), "/n");
  EXPECT_EQ(pointer_of(R"({"topic":"t","n":5.0})"), "none");
  EXPECT_EQ(pointer_of(R"({"topic":"t","n":1e2})"), "none");
  EXPECT_EQ(pointer_of(R"({"topic":"t","n":1.01e2})"), "/n");
  EXPECT_EQ(pointer_of(R"({"topic":"t","n":"5"})"), "/n");
  EXPECT_EQ(pointer_of(R"({"topic":"t","n":101})"), "/n");
  EXPECT_EQ(pointer_of(R"({"topic":"t","n":9223372036854775808})"), "/n");
  EXPECT_EQ(pointer_of(R"({"topic":"t","n":123456789012345678901234567890})"), "/n");
  EXPECT_EQ(pointer_of(R"({"topic":"t","f":1})"), "/f");
  EXPECT_EQ(pointer_of(R"({"topic":"t","messages":[{},{"key":7}]})"), "/messages/1/key");
  EXPECT_EQ(pointer_of(R"({"topic":"t","messages":[{},{"kye":"7"}]})"), "/messages/1/kye");
  EXPECT_EQ(pointer_of(R"({"topic":"t","messages":[{},3]})"), "/messages/1");
  EXPECT_EQ(pointer_of(R"({"topic":"t","messages":[{},{},{}]})"), "/messages");
  EXPECT_EQ(pointer_of(R"({"topic":"t","tpoic":"t"})"), "/tpoic");
  EXPECT_EQ(pointer_of(R"({"topic":"t","x_tpoic":"t"})"), "none");
}

TEST(json_body, reads_a_query_as_texts) {
  http_request request;
  request.target = "/consume?topic=a%20b&max=5&f=true&f2=1";
  ASSERT_TRUE(split_target(request));
  json_body body = json_body::from_query(request);
  EXPECT_EQ(body.text("topic"), "a b");
  EXPECT_EQ(body.integer("max", 1, 10), 5);
  EXPECT_TRUE(body.flag_or("f", false));
  EXPECT_FALSE(body.failed());
  EXPECT_EQ(body.finish()->pointer, "/f2");
  request.target = "/consume?max=5&max=6";
  ASSERT_TRUE(split_target(request));
  EXPECT_EQ(json_body::from_query(request).finish()->pointer, "/max");
}

TEST(api_error, becomes_the_documented_body) {
  api_error problem = bad_request("write_manager/wm-1", json_problem{"/messages/1/key", "must be a text"});
  const http_response response = to_response(problem);
  const auto body = nlohmann::json::parse(response.body);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(body["status"], "failure");
  EXPECT_EQ(body["code"], "BAD_REQUEST");
  EXPECT_EQ(body["pointer"], "/messages/1/key");
  EXPECT_EQ(body["retriable"], false);
  EXPECT_EQ(body["outcome"], "definite");
  EXPECT_EQ(body["component"], "write_manager/wm-1");
}

TEST(api_error, carries_retry_after_in_seconds_rounded_up) {
  const http_response response = to_response(unavailable("x", "BUSY", "bad \xff bytes \x01", 1500));
  EXPECT_EQ(response.headers.get("Retry-After"), "2");
  const auto body = nlohmann::json::parse(response.body);
  EXPECT_EQ(body["retry_after_ms"], 1500);
  EXPECT_EQ(body["retriable"], true);
}

TEST(content_type, may_be_json_or_missing) {
  http_request request;
  EXPECT_EQ(check_json_content_type(request, "x"), std::nullopt);
  for (const char* good : {"application/json", "Application/JSON; charset=utf-8"}) {
    request.headers.set("Content-Type", good);
    EXPECT_EQ(check_json_content_type(request, "x"), std::nullopt);
  }
  request.headers.set("Content-Type", "text/plain");
  EXPECT_EQ(check_json_content_type(request, "x")->status, 415);
}

}  // namespace
}  // namespace marquee::net
