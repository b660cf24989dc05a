#include <gtest/gtest.h>

#include "base/base64.h"
#include "booking_app/machine/queries.h"
#include "driver.h"

namespace marquee::booking {
namespace {

struct locks : testing::Test {
  void SetUp() override {
    for (const char* client : {"c1", "c2", "c3"})
      sessions[client] = log.open_session(client, {{"lease_ms", 300'000}});
  }
  json run(const std::string& client, const std::string& type, json body, json extra = json::object()) {
    body["name"] = body.value("name", "hall");
    extra["session_id"] = sessions[client];
    return log.send(client, type, body, extra);
  }
  json acquire(const std::string& client, const json& more = json::object()) {
    return run(client, "lock.acquire", more);
  }
  json append(const std::string& client, std::int64_t token, const std::string& text) {
    return run(client, "lock.append",
               {{"token", token}, {"target", "f.txt"}, {"data_b64", base64_encode(as_bytes(text))}});
  }
  json release(const std::string& client, std::int64_t token, const json& more = json::object()) {
    json body = {{"token", token}};
    body.update(more);
    return run(client, "lock.release", body);
  }
  std::string file() const { return std::string(lock_file_content(log.target.state(), "f.txt")); }

  driver log;
  std::map<std::string, std::string> sessions;
};

TEST_F(locks, go_to_the_first_who_asks_and_then_in_order) {
  const json granted = acquire("c1");
  EXPECT_EQ(granted["code"], "GRANTED");
  EXPECT_EQ(granted["body"], (json{{"token", 1}, {"ttl_ms", 8000}}));
  EXPECT_EQ(acquire("c2")["body"], (json{{"position", 1}}));
  EXPECT_EQ(acquire("c3", {{"ttl_ms", 500}})["body"], (json{{"position", 2}}));
  EXPECT_EQ(acquire("c2", {{"wait", false}})["body"], (json{{"position", 1}})) << "who waits keeps the place";
  const json again = acquire("c1", {{"ttl_ms", 100}});
  EXPECT_EQ(again["body"], (json{{"token", 1}, {"ttl_ms", 100}}));
  EXPECT_EQ(release("c1", 1)["body"], (json{{"appended", 0}}));
  EXPECT_EQ(log.event_types(), (std::vector<std::string>{"lock.released", "lock.granted"}));
  ASSERT_EQ(log.replies().size(), 3U) << "both asks of c2 are answered a second time";
  EXPECT_EQ(log.replies()[1]["code"], "GRANTED");
  EXPECT_EQ(log.replies()[1]["client_id"], "c2");
  EXPECT_EQ(log.replies()[1]["body"], (json{{"token", 2}, {"ttl_ms", 8000}}));
  EXPECT_EQ(log.replies()[2]["seq"], 3);
  release("c2", 2);
  EXPECT_EQ(log.events()[1]["token"], 3);
  expect_consistent(log.target);
}

TEST_F(locks, refuse_at_once_whoever_does_not_wait) {
  EXPECT_EQ(acquire("c1", {{"wait", false}})["code"], "GRANTED");
  EXPECT_EQ(acquire("c2", {{"wait", false}})["code"], "LOCK_HELD");
  EXPECT_EQ(log.code("c2", "lock.acquire", {{"name", "hall"}}), "BAD_COMMAND") << "without a session";
  EXPECT_EQ(acquire("c2", {{"ttl_ms", 0}})["code"], "BAD_COMMAND");
  EXPECT_EQ(acquire("c2", {{"ttl_ms", 3'600'001}})["code"], "BAD_COMMAND");
  EXPECT_EQ(acquire("c2", {{"name", ""}})["code"], "BAD_COMMAND");
}

TEST_F(locks, expire_and_drop_what_was_staged) {
  acquire("c1");
  acquire("c2");
  append("c1", 1, "A");
  log.wait(7999);
  EXPECT_EQ(log.target.state().locks.find("hall")->grant->token, 1);
  log.wait(1);
  EXPECT_EQ(log.event_types(), (std::vector<std::string>{"lock.expired", "lock.granted"}));
  EXPECT_EQ(append("c1", 1, "A")["code"], "LOCK_EXPIRED");
  EXPECT_EQ(file(), "");
  EXPECT_EQ(append("c2", 2, "B")["body"], (json{{"n", 1}}));
  EXPECT_EQ(release("c2", 2)["body"], (json{{"appended", 1}}));
  EXPECT_EQ(log.event_types(), (std::vector<std::string>{"lock.released", "lockfile.appended"}));
  EXPECT_EQ(file(), "B");
  expect_consistent(log.target);
}

TEST_F(locks, tell_tokens_apart) {
  EXPECT_EQ(release("c1", 1)["code"], "NO_SUCH_LOCK");
  acquire("c1");
  EXPECT_EQ(release("c2", 1)["code"], "NOT_HOLDER");
  EXPECT_EQ(release("c1", 7)["code"], "STALE_TOKEN");
  EXPECT_EQ(release("c1", -7)["code"], "STALE_TOKEN");
  EXPECT_EQ(release("c1", 1)["code"], "RELEASED");
  EXPECT_EQ(release("c1", 1)["code"], "NOT_HOLDER") << "it was released";
  acquire("c2");
  EXPECT_EQ(run("c1", "lock.renew", {{"token", 1}})["code"], "NOT_HOLDER");
  release("c2", 2);
  EXPECT_EQ(run("c1", "lock.renew", {{"token", 1}})["code"], "STALE_TOKEN") << "not the last grant any more";
  acquire("c1");
  log.send("admin", "lock.break", {{"name", "hall"}, {"reason", "r"}},
           {{"session_id", log.open_session("admin")}});
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"lock.expired"});
  EXPECT_EQ(run("c1", "lock.renew", {{"token", 3}})["code"], "LOCK_EXPIRED");
  EXPECT_EQ(run("c1", "lock.break", {{"reason", "r"}})["code"], "NOT_ADMIN");
}

TEST_F(locks, are_renewed_by_renew_and_append) {
  acquire("c1", {{"ttl_ms", 1000}});
  log.wait(900);
  EXPECT_EQ(append("c1", 1, "A")["code"], "STAGED");
  log.wait(900);
  EXPECT_EQ(run("c1", "lock.renew", {{"token", 1}, {"ttl_ms", 5000}})["code"], "RENEWED");
  log.wait(4900);
  EXPECT_EQ(release("c1", 1)["code"], "RELEASED");
  EXPECT_EQ(file(), "A");
}

TEST_F(locks, commit_in_staging_order_or_drop) {
  acquire("c1");
  append("c1", 1, "A");
  append("c1", 1, "");
  EXPECT_EQ(append("c1", 1, "B")["body"]["n"], 3);
  release("c1", 1);
  EXPECT_EQ(file(), "AB");
  acquire("c1");
  append("c1", 2, "C");
  EXPECT_EQ(release("c1", 2, {{"commit", false}})["body"], (json{{"appended", 0}}));
  EXPECT_EQ(file(), "AB");
  EXPECT_EQ(run("c1", "lock.append", {{"token", 2}, {"target", "a/b"}, {"data_b64", ""}})["code"],
            "BAD_COMMAND");
  EXPECT_EQ(run("c1", "lock.append", {{"token", 2}, {"target", "f"}, {"data_b64", "!"}})["code"],
            "BAD_COMMAND");
  expect_consistent(log.target);
}

TEST_F(locks, stage_no_more_than_the_limit) {
  log.send("admin", "config.set", {{"key", "max_txn_bytes"}, {"value", 3}});
  acquire("c1");
  append("c1", 1, "AB");
  EXPECT_EQ(append("c1", 1, "CD")["code"], "TXN_TOO_BIG");
  append("c1", 1, "E");
  release("c1", 1);
  EXPECT_EQ(file(), "ABE");
}

TEST_F(locks, hold_back_the_next_grant_after_an_expiry_but_not_after_a_release) {
  log.send("admin", "config.set", {{"key", "lock_delay_ms"}, {"value", 500}});
  acquire("c1", {{"ttl_ms", 1000}});
  acquire("c2");
  log.wait(1000);
  EXPECT_FALSE(log.target.state().locks.find("hall")->grant);
  EXPECT_EQ(acquire("c3", {{"wait", false}})["code"], "LOCK_HELD");
  log.wait(497);
  EXPECT_FALSE(log.target.state().locks.find("hall")->grant);
  log.wait(2);
  EXPECT_EQ(log.target.state().locks.find("hall")->grant->client, "c2");
  acquire("c3");
  release("c2", 2);
  EXPECT_EQ(log.target.state().locks.find("hall")->grant->client, "c3");
}

TEST_F(locks, let_a_waiter_give_up_in_time) {
  acquire("c1", {{"ttl_ms", 60'000}});
  const json waiting = acquire("c2", {{"max_wait_ms", 1000}});
  EXPECT_EQ(waiting["code"], "WAITING");
  log.wait(500);
  const json body = {{"name", "hall"}, {"max_wait_ms", 1000}};
  const json same = {{"session_id", sessions["c2"]}, {"seq", waiting["seq"]}, {"reply_to", "fe-2"}};
  EXPECT_EQ(log.send("c2", "lock.acquire", body, same)["code"], "WAITING");
  log.wait(500);
  ASSERT_EQ(log.replies().size(), 1U);
  EXPECT_EQ(log.replies()[0]["code"], "WAIT_TIMEOUT");
  EXPECT_EQ(log.last().replies[0].reply_to, "fe-2") << "the front end that asked last";
  EXPECT_EQ(log.replies()[0]["offset"], waiting["offset"]);
  const json after = log.send("c2", "lock.acquire", body, same);
  EXPECT_EQ(after["code"], "WAIT_TIMEOUT");
  EXPECT_TRUE(after["replayed"]);
  release("c1", 1);
  EXPECT_FALSE(log.target.state().locks.find("hall")->grant);
  expect_consistent(log.target);
}

TEST_F(locks, change_the_stored_answer_of_a_waiter_once) {
  acquire("c1");
  const json waiting = acquire("c2");
  release("c1", 1);
  const json again = log.send("c2", "lock.acquire", {{"name", "hall"}},
                              {{"session_id", sessions["c2"]}, {"seq", waiting["seq"]}});
  EXPECT_EQ(again["code"], "GRANTED");
  EXPECT_EQ(again["body"]["token"], 2);
  EXPECT_TRUE(again["replayed"]);
}

TEST_F(locks, tell_a_waiter_whose_session_was_closed) {
  acquire("c1");
  acquire("c2");
  log.send("c2", "session.close", {}, {{"session_id", sessions["c2"]}});
  ASSERT_EQ(log.replies().size(), 2U);
  EXPECT_EQ(log.replies()[1]["code"], "SESSION_EXPIRED");
  release("c1", 1);
  EXPECT_FALSE(log.target.state().locks.find("hall")->grant);
}

TEST_F(locks, guard_other_commands) {
  log.add_show("S1", 1, 4);
  const auto reserve = [&](const std::string& client, std::int64_t token, const std::string& seat) {
    return log.code(client, "seat.reserve", {{"show_id", "S1"}, {"seats", {seat}}},
                    {{"session_id", sessions[client]}, {"lock", {{"name", "hall"}, {"token", token}}}});
  };
  EXPECT_EQ(reserve("c1", 1, "1A"), "NO_SUCH_LOCK");
  acquire("c1");
  EXPECT_EQ(reserve("c1", 1, "1A"), "RESERVED");
  EXPECT_EQ(reserve("c2", 1, "1B"), "NOT_HOLDER");
  EXPECT_EQ(reserve("c1", 2, "1B"), "STALE_TOKEN");
  log.wait(8000);
  EXPECT_EQ(reserve("c1", 1, "1B"), "LOCK_EXPIRED");
  EXPECT_EQ(
      log.code("c1", "seat.reserve", {{"show_id", "S1"}, {"seats", {"1B"}}}, {{"lock", {{"name", "hall"}}}}),
      "BAD_COMMAND");
}

TEST_F(locks, show_holder_and_waiters) {
  EXPECT_FALSE(lock_json(log.target.state(), "hall"));
  acquire("c1");
  acquire("c2");
  EXPECT_EQ(json::parse(*lock_json(log.target.state(), "hall")),
            (json{{"name", "hall"},
                  {"holder", {{"client_id", "c1"}, {"session_id", "s-0"}}},
                  {"token", 1},
                  {"ttl_left_ms", 7999},
                  {"waiters", {{{"client_id", "c2"}, {"session_id", "s-1"}}}}}));
  release("c1", 1);
  release("c2", 2);
  EXPECT_EQ(json::parse(*lock_json(log.target.state(), "hall")), (json{{"name", "hall"},
                                                                       {"holder", nullptr},
                                                                       {"token", 2},
                                                                       {"ttl_left_ms", 0},
                                                                       {"waiters", json::array()}}));
}

}  // namespace
}  // namespace marquee::booking
