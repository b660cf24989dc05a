#include <gtest/gtest.h>

#include "driver.h"

namespace marquee::booking {
namespace {

const json seat_1a = {{"show_id", "S1"}, {"seats", {"1A"}}};

json key(const std::string& text) {
  return {{"idem_key", text}};
}

/// Without what a retry may change.
json plain(json reply) {
  for (const char* name : {"at_offset", "time_ms", "replayed", "events"}) reply.erase(name);
  return reply;
}

TEST(dedup, gives_a_retry_the_first_answer_word_for_word) {
  driver log;
  log.add_show("S1", 2, 4);
  const json first = log.send("ann", "seat.reserve", seat_1a);
  EXPECT_EQ(first["code"], "RESERVED");
  log.send("bob", "seat.reserve", {{"show_id", "S1"}, {"seats", {"1B"}}});
  const json again = log.send("ann", "seat.reserve", seat_1a, {{"seq", first["seq"]}, {"reply_to", "fe-2"}});
  EXPECT_FALSE(first["replayed"]);
  EXPECT_TRUE(again["replayed"]);
  EXPECT_EQ(plain(again), plain(first));
  EXPECT_EQ(again["offset"], first["offset"]) << "the first command's";
  EXPECT_GT(again["at_offset"], first["at_offset"]);
  EXPECT_TRUE(log.events().empty());
  EXPECT_EQ(log.last().replies[0].reply_to, "fe-2");
}

TEST(dedup, keeps_refusals_too) {
  driver log;
  log.add_show("S1", 2, 4);
  log.reserve("bob", "S1", {"1A"});
  const json refused = log.send("ann", "seat.reserve", seat_1a, key("k"));
  EXPECT_EQ(refused["code"], "SEAT_TAKEN");
  log.send("bob", "seat.cancel", seat_1a);
  EXPECT_EQ(log.send("ann", "seat.reserve", seat_1a, key("k"))["code"], "SEAT_TAKEN");
  EXPECT_EQ(log.state_of("S1", "1A"), seat_state::available);
}

TEST(dedup, tells_another_command_under_the_same_key_apart) {
  driver log;
  log.add_show("S1", 2, 4);
  log.send("ann", "seat.reserve", seat_1a, key("k"));
  EXPECT_EQ(log.code("ann", "seat.reserve", {{"show_id", "S1"}, {"seats", {"1B"}}}, key("k")),
            "IDEMPOTENCY_MISMATCH");
  EXPECT_EQ(log.code("ann", "seat.cancel", seat_1a, key("k")), "IDEMPOTENCY_MISMATCH");
  EXPECT_EQ(log.code("bob", "seat.cancel", seat_1a, key("k")), "NOT_OWNER") << "another client's key";
}

TEST(dedup, compares_bodies_as_json_values) {
  driver log;
  log.add_show("S1", 2, 4);
  log.raw(
      R"({"v":1,"type":"seat.reserve","client_id":"ann","seq":1,"body":{"show_id":"S1","seats":["1A"]}})");
  const json again = log.raw(
      R"({"lock":{"token":1,"name":"x"},"body":{ "seats":["1\u0041"], "show_id":"S1"},"seq":1,"client_id":"ann","type":"seat.reserve","v":1})");
  EXPECT_TRUE(again["replayed"]);
}

TEST(dedup, answers_a_retry_even_when_the_session_is_gone) {
  driver log;
  log.add_show("S1", 2, 4);
  const std::string session = log.open_session("ann", {{"lease_ms", 500}, {"grace_ms", 0}});
  const json first = log.send("ann", "seat.reserve", seat_1a, {{"session_id", session}});
  log.wait(1000);
  const json again =
      log.send("ann", "seat.reserve", seat_1a, {{"session_id", session}, {"seq", first["seq"]}});
  EXPECT_TRUE(again["replayed"]);
  EXPECT_EQ(again["code"], "RESERVED");
}

TEST(dedup, does_not_keep_refusals_of_the_session) {
  driver log;
  log.add_show("S1", 2, 4);
  EXPECT_EQ(log.code("ann", "seat.reserve", seat_1a, {{"seq", 7}, {"session_id", "s-100"}}),
            "NO_SUCH_SESSION");
  EXPECT_EQ(log.code("ann", "seat.reserve", seat_1a, {{"seq", 7}}), "RESERVED");
}

TEST(dedup, has_a_window_of_64_sequence_numbers) {
  driver log;
  const auto join = [&](std::int64_t sequence) {
    return log.send("ann", "queue.join", {{"show_id", "none"}}, {{"seq", sequence}});
  };
  join(1);
  join(100);
  EXPECT_EQ(join(36)["code"], "SEQ_TOO_OLD");
  EXPECT_FALSE(join(37)["replayed"]);
  EXPECT_TRUE(join(37)["replayed"]);
  join(101);
  EXPECT_EQ(join(37)["code"], "SEQ_TOO_OLD");
}

TEST(dedup, takes_acknowledgements_first_and_never_back) {
  driver log;
  const auto join = [&](std::int64_t sequence, std::int64_t below) {
    return log.send("ann", "queue.join", {{"show_id", "none"}}, {{"seq", sequence}, {"ack_below", below}});
  };
  join(1, 1);
  join(2, 1);
  EXPECT_EQ(join(2, 3)["code"], "SEQ_TOO_OLD") << "acknowledges itself";
  EXPECT_EQ(join(2, 1)["code"], "SEQ_TOO_OLD");
  EXPECT_EQ(join(3, 1)["code"], "NO_SUCH_SHOW");
  EXPECT_EQ(log.target.state().clients.find("ann")->by_sequence.size(), 1U);
}

TEST(dedup, forgets_the_oldest_of_more_than_10000_keys) {
  driver log;
  for (int i = 0; i <= 10'000; ++i)
    log.send("ann", "queue.join", {{"show_id", "none"}}, key("k" + std::to_string(i)));
  const client& known = *log.target.state().clients.find("ann");
  EXPECT_EQ(known.by_key.size(), 10'000U);
  EXPECT_FALSE(known.by_key.contains("k0"));
  EXPECT_TRUE(known.by_key.contains("k1"));
  EXPECT_FALSE(log.send("ann", "queue.join", {{"show_id", "none"}}, key("k0"))["replayed"]);
  expect_consistent(log.target);
}

TEST(dedup, does_not_make_clients_known_that_were_refused_by_their_session) {
  driver log;
  log.code("ann", "seat.reserve", seat_1a, {{"session_id", "s-100"}});
  EXPECT_EQ(log.target.state().clients.find("ann"), nullptr);
}

}  // namespace
}  // namespace marquee::booking
