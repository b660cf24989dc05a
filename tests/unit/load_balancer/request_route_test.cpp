#include "load_balancer/request_route.h"

#include <gtest/gtest.h>

#include "load_balancer/body_scan.h"
#include "load_balancer/retry_policy.h"

namespace marquee::load_balancer {
namespace {

constexpr std::size_t kept = 256 * 1024;

std::optional<request_route> route(std::string method, std::string target, std::string body = "") {
  net::http_request request{
      .method = std::move(method), .target = std::move(target), .body = std::move(body)};
  EXPECT_TRUE(net::split_target(request));
  return route_of(request, kept);
}

TEST(request_route, sends_writes_to_write_managers_and_reads_to_read_managers) {
  for (const char* path :
       {"/topics", "/topics/orders", "/topics/orders/partitions", "/broker", "/broker/3", "/brokers",
        "/producer/register", "/producer/produce", "/producer/p-1", "/cluster", "/activity?type=broker"})
    EXPECT_EQ(route("GET", path)->role, manager_role::write_manager) << path;
  for (const char* path : {"/consumer/register", "/consumer/consume", "/consumer/c-1", "/size?topic=a"})
    EXPECT_EQ(route("GET", path)->role, manager_role::read_manager) << path;
}

TEST(request_route, forwards_nothing_else) {
  for (const char* path : {"/", "/internal/managers", "/internal/metadata", "/topicsx", "/consumers",
                           "/sizes", "/openapi.json", "/metrics", "/clusters", "//topics", "/TOPICS"})
    EXPECT_FALSE(route("GET", path).has_value()) << path;
}

TEST(request_route, finds_the_consumer_in_path_query_and_body) {
  EXPECT_EQ(route("GET", "/consumer/c-1.x")->consumer_id, "c-1.x");
  EXPECT_EQ(route("DELETE", "/consumer/c-2")->consumer_id, "c-2");
  EXPECT_EQ(route("GET", "/size?topic=t&consumer_id=c-3")->consumer_id, "c-3");
  EXPECT_EQ(route("GET", "/consumer/consume?consumer_id=c-4&topic=t")->consumer_id, "c-4");
  for (const char* path : {"/consumer/consume", "/consumer/commit", "/consumer/seek"})
    EXPECT_EQ(route("POST", path, R"({"topic":"t","consumer_id":"c-5"})")->consumer_id, "c-5") << path;
  EXPECT_EQ(route("POST", "/consumer/register", R"({"topic":"t"})")->consumer_id, "");
}

TEST(request_route, knows_what_may_happen_twice) {
  const auto is_safe = [](std::string method, std::string target, std::string body = "") {
    return route(std::move(method), std::move(target), std::move(body))->resend == resend_safety::safe;
  };
  EXPECT_TRUE(is_safe("GET", "/topics"));
  EXPECT_TRUE(is_safe("DELETE", "/topics/orders"));
  EXPECT_TRUE(is_safe("DELETE", "/consumer/c-1"));
  EXPECT_TRUE(is_safe("GET", "/size?consumer_id=c"));
  EXPECT_FALSE(is_safe("POST", "/topics", R"({"name":"x"})"));
  EXPECT_FALSE(is_safe("POST", "/consumer/commit", "{}"));
  EXPECT_TRUE(is_safe("POST", "/producer/produce", R"({"message":"m","sequence":0})"));
  EXPECT_FALSE(is_safe("POST", "/producer/produce", R"({"message":"m"})"));
  EXPECT_FALSE(is_safe("POST", "/producer/produce", R"({"message":"m","sequence":"x"})"));
  EXPECT_FALSE(is_safe("POST", "/producer/produce", R"({"message":"m","headers":{"sequence":"1"}})"));
  EXPECT_FALSE(is_safe("POST", "/producer/produce", R"({"message":"{\"sequence\":1}"})"));
  EXPECT_FALSE(is_safe("POST", "/producer/produce", R"({"message":"m","sequence":null})"));
  EXPECT_TRUE(is_safe("POST", "/consumer/consume", R"({"consumer_id":"c","poll":7})"));
  EXPECT_FALSE(is_safe("POST", "/consumer/consume", R"({"consumer_id":"c"})"));
  EXPECT_TRUE(is_safe("GET", "/consumer/consume?poll=7"));
  EXPECT_FALSE(is_safe("GET", "/consumer/consume?consumer_id=c")) << "a GET that moves a position";
  EXPECT_FALSE(
      is_safe("POST", "/producer/produce", R"({"sequence":1,"message":")" + std::string(kept, 'x') + "\"}"));
}

TEST(body_scan, finds_members_of_the_outermost_object_only) {
  EXPECT_EQ(top_level_member(R"({"a":"x"})", "a"), "x");
  EXPECT_EQ(top_level_member(" { \"b\" : [1,{\"a\":2},\"]\"] , \"c\":{\"a\":\"}\"},\"a\" : -12 }", "a"),
            "-12");
  EXPECT_EQ(top_level_member(R"({"t":"\"a\":1","a":3})", "a"), "3");
  EXPECT_EQ(top_level_member(R"({"t":"\\","a":4})", "a"), "4");
  for (const char* none :
       {"", "[]", "null", "{", "{\"a\"", "{\"a\":", "{\"a\":\"x", R"({"b":{"a":1}})", R"({"a":"\u0041"})",
        R"({"a":null})", R"({"a":{}})", R"({"b":1 "a":2})", R"(["a",1])", R"({"b":"a")", "{{{{", "\"a\":1"})
    EXPECT_EQ(top_level_member(none, "a"), std::nullopt) << none;
}

TEST(request_route, reads_how_long_a_consume_may_wait) {
  const auto of_query = [](const std::string& query) {
    return route("GET", "/consumer/consume" + query)->wait_ms;
  };
  EXPECT_EQ(of_query(""), 0);
  EXPECT_EQ(of_query("?wait_ms=1500"), 1'500);
  EXPECT_EQ(of_query("?wait_ms=99999999"), 30'000);
  EXPECT_EQ(of_query("?wait_ms=-1"), 0);
  EXPECT_EQ(of_query("?wait_ms=soon"), 30'000) << "the manager's to refuse";
  EXPECT_EQ(route("POST", "/consumer/consume", R"({"wait_ms":250,"x_a":{"wait_ms":1}})")->wait_ms, 250);
}

TEST(retry_policy, sends_again_what_was_provably_not_sent) {
  EXPECT_EQ(decide_retry({.sent_any_byte = false, .verdict = answer_verdict::none}),
            retry_decision::try_again);
  EXPECT_EQ(decide_retry({.sent_any_byte = true, .verdict = answer_verdict::retriable_definite}),
            retry_decision::try_again);
}

TEST(retry_policy, passes_on_what_may_have_happened) {
  EXPECT_EQ(decide_retry({.sent_any_byte = true, .verdict = answer_verdict::none}), retry_decision::pass_on)
      << "also when a reused connection was reset";
  EXPECT_EQ(decide_retry({.sent_any_byte = true, .verdict = answer_verdict::retriable_unknown}),
            retry_decision::pass_on);
}

TEST(retry_policy, sends_again_what_may_happen_twice) {
  for (const answer_verdict verdict :
       {answer_verdict::none, answer_verdict::retriable_unknown, answer_verdict::retriable_definite})
    EXPECT_EQ(decide_retry({.resend = resend_safety::safe, .sent_any_byte = true, .verdict = verdict}),
              retry_decision::try_again);
}

TEST(retry_policy, passes_final_answers_on) {
  EXPECT_EQ(
      decide_retry({.resend = resend_safety::safe, .sent_any_byte = true, .verdict = answer_verdict::final}),
      retry_decision::pass_on);
}

TEST(retry_policy, a_refusal_after_a_long_try_is_the_answer_and_silence_is_not) {
  for (const answer_verdict verdict : {answer_verdict::retriable_unknown, answer_verdict::retriable_definite})
    EXPECT_EQ(decide_retry({.resend = resend_safety::safe, .verdict = verdict, .tried_long = true}),
              retry_decision::pass_on);
  EXPECT_EQ(decide_retry({.resend = resend_safety::safe, .tried_long = true}), retry_decision::try_again);
}

TEST(retry_policy, ends_with_the_client_the_time_and_the_attempts) {
  attempt_facts facts{.resend = resend_safety::safe};
  EXPECT_EQ(decide_retry(facts), retry_decision::try_again);
  for (bool attempt_facts::* reason : {&attempt_facts::client_gone, &attempt_facts::time_is_up}) {
    attempt_facts ended = facts;
    ended.*reason = true;
    EXPECT_EQ(decide_retry(ended), retry_decision::pass_on);
  }
  facts.attempts = facts.max_attempts;
  EXPECT_EQ(decide_retry(facts), retry_decision::pass_on);
}

}  // namespace
}  // namespace marquee::load_balancer
