#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "client/administrator.h"
#include "client/api_connection.h"
#include "client/batching_producer.h"
#include "client/consumer.h"
#include "client/sigpipe_guard.h"
#include "tests/unit/client/scripted_server.h"

namespace marquee::client {
namespace {

using nlohmann::json;

void store(const seen_request& seen, httplib::Response& out) {
  json results = json::array();
  for (std::size_t i = 0; i < seen.body["messages"].size(); ++i)
    results.push_back({{"partition", 0},
                       {"offset", seen.body["sequence"].get<std::int64_t>() + static_cast<std::int64_t>(i)},
                       {"timestamp", 1}});
  answer(out, 200, {{"results", results}});
}

TEST(fault_switches, drop_requests_before_and_answers_after_the_cluster_has_seen_them) {
  scripted_server server([](std::size_t, const seen_request&, httplib::Response& out) {
    answer(out, 200, {{"partition", 0}, {"offset", 0}, {"timestamp", 1}});
  });
  client_options options = quick({server.url()});
  options.faults.drop_request_every = 2;
  producer never_sent(options, "orders", "p-1");
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(never_sent.produce({.value = "x"}));
  EXPECT_EQ(server.seen().size(), 4U);
  EXPECT_EQ(never_sent.repeated_attempts(), 3);

  options.faults = {.drop_request_every = 0, .drop_answer_every = 2};
  producer never_answered(options, "orders", "p-1");
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(never_answered.produce({.value = "x"}));
  EXPECT_EQ(server.seen().size(), 4U + 4U + 3U);
}

TEST(fault_switches, look_like_an_answer_that_never_came) {
  client_options options = quick({"http://127.0.0.1:1"});
  options.faults.drop_request_every = 1;
  producer one(options, "orders", "p-1");
  const auto failed = one.produce({.value = "x"}, std::nullopt);
  EXPECT_EQ(failed.error().code, "NO_ANSWER");
  EXPECT_EQ(failed.error().outcome, request_outcome::unknown);
}

TEST(api_connection, remembers_that_an_earlier_attempt_may_have_taken_effect) {
  scripted_server server([](std::size_t number, const seen_request&, httplib::Response& out) {
    if (number == 0) return answer_failure(out, 503, "NOT_ENOUGH_REPLICAS", true, "unknown");
    answer_failure(out, 503, "METADATA_UNAVAILABLE", true, "definite");
  });
  client_options options = quick({server.url()});
  options.deadline_ms = 300;
  producer one(options, "orders", "p-1");
  const auto failed = one.produce({.value = "x"});
  // The deadline may cut the last attempt short.
  EXPECT_THAT(failed.error().code, ::testing::AnyOf("METADATA_UNAVAILABLE", "NO_ANSWER"));
  EXPECT_EQ(failed.error().outcome, request_outcome::unknown);
}

TEST(api_connection, obeys_retry_after_of_body_and_header) {
  scripted_server server([](std::size_t number, const seen_request&, httplib::Response& out) {
    if (number == 0) {
      out.status = 503;
      out.set_header("Retry-After", "1");
      out.set_content("busy", "text/plain");
      return;
    }
    answer(out, 200, {{"partition", 0}, {"offset", 0}, {"timestamp", 1}});
  });
  const system_clock clock;
  producer one(quick({server.url()}), "orders", "p-1");
  const std::int64_t before_ms = clock.monotonic_ms();
  ASSERT_TRUE(one.produce({.value = "x"}));
  EXPECT_GE(clock.monotonic_ms() - before_ms, 1000);
}

TEST(api_connection, leaves_a_load_balancer_that_reaches_no_manager) {
  scripted_server lonely([](std::size_t, const seen_request&, httplib::Response& out) {
    answer_failure(out, 503, "NO_MANAGER", true, "definite");
  });
  scripted_server good([](std::size_t, const seen_request&, httplib::Response& out) {
    answer(out, 200, {{"partition", 0}, {"offset", 0}, {"timestamp", 1}});
  });
  producer one(quick({lonely.url(), good.url()}), "orders", "p-1");
  ASSERT_TRUE(one.produce({.value = "x"}));
  EXPECT_EQ(lonely.seen().size(), 1U);
}

TEST(api_connection, stops_when_it_is_cancelled) {
  client_options options = quick({"http://127.0.0.1:1"});
  options.deadline_ms = 600'000;
  options.first_pause_ms = options.longest_pause_ms = 100'000;
  int asked = 0;
  options.is_cancelled = [&] { return ++asked > 3; };
  producer one(options, "orders", "p-1");
  EXPECT_EQ(one.produce({.value = "x"}).error().code, "NO_CONNECTION");
  EXPECT_EQ(one.produce({.value = "x"}).error().code, "CANCELLED");
}

TEST(batching_producer, answers_every_message_once_and_keeps_the_order) {
  scripted_server server([](std::size_t number, const seen_request& seen, httplib::Response& out) {
    if (number % 3 == 1) return answer_failure(out, 503, "NOT_LEADER", true, "definite");
    store(seen, out);
  });
  std::vector<std::int64_t> offsets;
  {
    batching_producer background(producer(quick({server.url()}), "orders", "p-1"),
                                 {.most_batch_messages = 50});
    for (int i = 0; i < 500; ++i)
      ASSERT_TRUE(background.send(
          {.value = "x"}, [&](const outcome<stored_message>& stored) { offsets.push_back(stored->offset); },
          5000));
    background.flush();
    EXPECT_EQ(offsets.size(), 500U);
    ASSERT_TRUE(background.send(
        {.value = "x"}, [&](const outcome<stored_message>& stored) { offsets.push_back(stored->offset); },
        5000));
  }
  ASSERT_EQ(offsets.size(), 501U);
  for (std::size_t i = 0; i < offsets.size(); ++i) EXPECT_EQ(offsets[i], static_cast<std::int64_t>(i));
}

TEST(batching_producer, is_bounded_and_ends_after_one_deadline) {
  client_options options = quick({"http://127.0.0.1:1"});
  options.deadline_ms = 100;
  int failures = 0;
  int refused = 0;
  {
    batching_producer background(producer(options, "orders", "p-1"),
                                 {.most_waiting_messages = 5, .most_batch_messages = 1});
    for (int i = 0; i < 20; ++i) {
      const auto sent = background.send(
          {.value = "x"}, [&](const outcome<stored_message>& stored) { failures += stored ? 0 : 1; }, 0);
      if (sent) continue;
      EXPECT_EQ(sent.error().code, "QUEUE_FULL");
      ++refused;
    }
    EXPECT_GE(refused, 13);
  }
  EXPECT_EQ(failures + refused, 20);
}

TEST(consumer, reads_headers_that_repeat_are_null_or_binary) {
  scripted_server server([](std::size_t, const seen_request&, httplib::Response& out) {
    json one = {{"message", "a"}, {"partition", 0},          {"offset", 0},
                {"timestamp", 1}, {"headers", {{"t", "x"}}}, {"headers_base64", {{"b", "/w=="}}}};
    json two = one;
    two["headers_list"] = json::parse(R"([["h","1"],["h",null],["h",{"base64":"/w=="}]])");
    answer(out, 200, {{"messages", {one, two}}});
  });
  consumer reader(quick({server.url()}), "orders", "c-1");
  const auto got = reader.consume({.max_messages = 2});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->messages[0].headers, (std::vector<header>{{"t", "x"}, {"b", "\xff"}}));
  EXPECT_EQ(got->messages[1].headers, (std::vector<header>{{"h", "1"}, {"h", std::nullopt}, {"h", "\xff"}}));
}

TEST(consumer, gives_message_by_message_and_seeks_past_what_it_holds) {
  scripted_server server([](std::size_t number, const seen_request& seen, httplib::Response& out) {
    if (seen.target != "/consumer/consume") return answer(out, 200, {{"status", "success"}});
    json list = json::array();
    for (int i = 0; number < 4 && i < 2; ++i)
      list.push_back({{"message", "m"},
                      {"partition", 0},
                      {"offset", number * 10 + static_cast<std::size_t>(i)},
                      {"timestamp", 1}});
    answer(out, 200, {{"messages", list}});
  });
  consumer reader(quick({server.url()}), "orders", "c-1");
  const consume_limits limits{.max_messages = 2, .commit = commit_mode::manual};
  EXPECT_EQ((*reader.next(limits))->offset, 0);
  ASSERT_TRUE(reader.seek_to_timestamp(77));
  EXPECT_EQ((*reader.next(limits))->offset, 20);
  EXPECT_EQ((*reader.next(limits))->offset, 21);
  const partition_position position{.partition = 0, .offset = 22};
  ASSERT_TRUE(reader.commit(std::span(&position, 1)));
  EXPECT_FALSE(*reader.next(limits));
  const auto seen = server.seen();
  EXPECT_EQ(seen[0].body["commit"], "manual");
  EXPECT_EQ(seen[1].body, json({{"consumer_id", "c-1"}, {"timestamp", 77}}));
  EXPECT_EQ(seen[3].body, json::parse(R"({"consumer_id":"c-1","positions":[{"partition":0,"offset":22}]})"));
}

TEST(administrator, takes_a_topic_that_is_gone_after_a_lost_answer_for_deleted) {
  scripted_server server([](std::size_t number, const seen_request&, httplib::Response& out) {
    if (number == 2) return answer(out, 200, {{"status", "success"}});
    answer_failure(out, 404, "TOPIC_NOT_FOUND", false, "definite");
  });
  client_options options = quick({server.url()});
  options.faults.drop_answer_every = 3;
  administrator plain(options);
  EXPECT_EQ(plain.delete_topic("never").error().code, "TOPIC_NOT_FOUND");
  ASSERT_FALSE(plain.delete_topic("never"));
  EXPECT_TRUE(plain.delete_topic("orders"));
}

TEST(sigpipe_guard, keeps_a_write_to_a_closed_connection_from_ending_the_program) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  close(ends[1]);
  {
    const sigpipe_guard guard;
    EXPECT_EQ(write(ends[0], "x", 1), -1);
  }
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
  close(ends[0]);
}

}  // namespace
}  // namespace marquee::client
