#include "load_balancer/manager_table.h"

#include <gmock/gmock.h>

#include <map>

#include "load_balancer/manager_list_codec.h"
#include "load_balancer/manager_monitor_loop.h"

namespace marquee::load_balancer {
namespace {

using ::testing::Lt;

net::endpoint at(int port) {
  return {"127.0.0.1", static_cast<std::uint16_t>(port)};
}

class manager_table_test : public ::testing::Test {
 protected:
  manager_table_test() {
    for (const int port : {1, 2}) table.configure(manager_role::write_manager, at(port));
    for (const int port : {11, 12, 13}) table.configure(manager_role::read_manager, at(port));
    for (const int port : {1, 2, 11, 12, 13}) table.set_health(at(port), manager_health::healthy);
  }
  int next_write() {
    const auto chosen = table.least_outstanding(manager_role::write_manager, {});
    return chosen ? chosen->http.port : 0;
  }
  int reader_of(const std::string& consumer, const std::vector<net::endpoint>& excluded = {}) {
    const auto chosen = table.by_hash(manager_role::read_manager, consumer, excluded);
    return chosen ? chosen->http.port : 0;
  }
  manager_table table;
};

TEST_F(manager_table_test, gives_equally_busy_managers_turns) {
  const int first = next_write();
  const int second = next_write();
  EXPECT_NE(first, second);
  EXPECT_EQ(next_write(), first);
}

TEST_F(manager_table_test, chooses_the_manager_with_fewer_outstanding_requests) {
  table.request_began(at(1));
  EXPECT_EQ(next_write(), 2);
  EXPECT_EQ(next_write(), 2);
  table.request_began(at(2));
  table.request_began(at(2));
  EXPECT_EQ(next_write(), 1);
  table.request_ended(at(2));
  table.request_ended(at(2));
  EXPECT_EQ(next_write(), 2);
}

TEST_F(manager_table_test, prefers_healthy_to_unknown_to_unhealthy) {
  table.set_health(at(1), manager_health::unhealthy);
  table.request_began(at(2));
  EXPECT_EQ(next_write(), 2);
  table.set_health(at(2), manager_health::unknown);
  EXPECT_EQ(next_write(), 2);
  table.set_health(at(2), manager_health::silent);
  EXPECT_EQ(next_write(), 1) << "one that says something";
  table.set_health(at(2), manager_health::unhealthy);
  EXPECT_EQ(next_write(), 1) << "what is known may be old: better any than none";
}

TEST_F(manager_table_test, tells_who_is_silent) {
  EXPECT_TRUE(table.silent(manager_role::read_manager).empty());
  table.set_health(at(1), manager_health::silent);
  table.set_health(at(11), manager_health::silent);
  table.set_health(at(12), manager_health::unhealthy);
  EXPECT_EQ(table.silent(manager_role::read_manager), std::vector{at(11)});
}

TEST(manager_probe, tells_a_silent_manager_from_one_that_speaks_and_from_a_pause_of_our_own) {
  const auto answered = [](int status) {
    return judge_probe({.response = net::http_response{.status = status}}, 5, 800);
  };
  const auto failed = [](error_code code, std::int64_t took_ms) {
    return judge_probe({.response = fail(code, "why")}, took_ms, 800);
  };
  EXPECT_EQ(answered(200), manager_health::healthy);
  EXPECT_EQ(answered(503), manager_health::unhealthy);
  EXPECT_EQ(failed(error_code::refused, 1), manager_health::unhealthy);
  EXPECT_EQ(failed(error_code::timed_out, 805), manager_health::silent);
  EXPECT_EQ(failed(error_code::timed_out, 1'900), std::nullopt) << "its answer may lie here unread";
}

TEST_F(manager_table_test, passes_over_what_was_tried) {
  const auto other = table.least_outstanding(manager_role::write_manager, {at(1)});
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(other->http.port, 2);
  EXPECT_EQ(table.least_outstanding(manager_role::write_manager, {at(1), at(2)}), std::nullopt);
}

TEST_F(manager_table_test, sends_a_consumer_to_the_same_manager_again) {
  std::map<int, int> share;
  for (int i = 0; i < 3000; ++i) {
    const std::string consumer = "consumer-" + std::to_string(i);
    EXPECT_EQ(reader_of(consumer), reader_of(consumer));
    ++share[reader_of(consumer)];
  }
  ASSERT_EQ(share.size(), 3U);
  for (const auto& [port, count] : share) EXPECT_GT(count, 800) << port;
}

TEST_F(manager_table_test, moves_only_the_share_of_a_manager_that_goes) {
  std::map<std::string, int> before;
  for (int i = 0; i < 500; ++i) before["c" + std::to_string(i)] = reader_of("c" + std::to_string(i));
  table.set_health(at(12), manager_health::unhealthy);
  for (const auto& [consumer, port] : before) {
    if (port == 12)
      EXPECT_NE(reader_of(consumer), 12);
    else
      EXPECT_EQ(reader_of(consumer), port);
  }
  table.set_health(at(12), manager_health::healthy);
  for (const auto& [consumer, port] : before) EXPECT_EQ(reader_of(consumer), port);
}

TEST_F(manager_table_test, learns_registered_managers_and_forgets_those_that_left) {
  table.learn({{.name = "wm-1", .role = manager_role::write_manager, .http = at(1)},
               {.name = "wm-3", .role = manager_role::write_manager, .http = at(3)}});
  EXPECT_EQ(table.all().size(), 6U);
  EXPECT_EQ(table.all().front().name, "wm-1");
  EXPECT_EQ(table.all().front().health, manager_health::healthy) << "learning a name changes nothing else";
  table.set_health(at(3), manager_health::healthy);
  table.learn({});
  EXPECT_EQ(table.all().size(), 6U) << "a manager that answers stays";
  for (const int port : {1, 2, 3}) table.set_health(at(port), manager_health::unhealthy);
  table.learn({});
  EXPECT_EQ(table.all().size(), 5U) << "configured managers stay";
}

TEST_F(manager_table_test, survives_a_manager_that_leaves_with_requests_under_way) {
  table.learn({{.name = "wm-3", .role = manager_role::write_manager, .http = at(3)}});
  table.request_began(at(3));
  table.learn({});
  table.request_ended(at(3));
  table.learn({{.name = "wm-3", .role = manager_role::write_manager, .http = at(3)}});
  table.request_ended(at(3));
  EXPECT_EQ(table.all().back().outstanding, 0);
}

TEST(manager_list, is_read_and_unknown_roles_are_skipped) {
  const auto list = read_manager_list(
      R"({"status":"success","managers":[{"name":"wm-1","role":"write_manager","http":"127.0.0.1:8101","x":1},
          {"name":"rm-1","role":"read_manager","http":"http://127.0.0.1:8201"},{"name":"z","role":"oracle"}]})");
  ASSERT_TRUE(list.has_value());
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ((*list)[1].http, at(8201));
  for (const char* bad :
       {"", "[]", "{}", R"({"managers":3})", R"({"managers":[{"role":"read_manager","http":"x"}]})"})
    EXPECT_FALSE(read_manager_list(bad).has_value()) << bad;
}

}  // namespace
}  // namespace marquee::load_balancer
