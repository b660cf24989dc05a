#include <gtest/gtest.h>

#include "base/random.h"
#include "booking_app/machine/queries.h"
#include "driver.h"

namespace marquee::booking {
namespace {

/// A record of a random log: mostly sensible, often refused, sometimes a retry.
class random_log {
 public:
  explicit random_log(std::uint64_t seed) : random_(seed) {}

  std::string next() {
    const std::string client = pick({"ann", "bob", "cat", "admin"});
    json command = {{"v", 1}, {"type", ""}, {"client_id", client}, {"reply_to", "fe-1"}};
    auto& [type, body] = choose();
    command["type"] = type;
    command["body"] = body;
    if (random_.chance(1, 8))
      command["idem_key"] = "k" + std::to_string(random_.below(20));
    else
      command["seq"] = random_.chance(1, 10) ? sequences_[client] : ++sequences_[client];
    if (command.contains("seq") && command["seq"] == 0) command["seq"] = ++sequences_[client];
    if (random_.chance(1, 10) && sequences_[client] > 5) command["ack_below"] = sequences_[client] - 3;
    if (random_.chance(1, 3) || type.starts_with("lock") || type == "session.close")
      command["session_id"] = "s-" + std::to_string(random_.below(40) * 5);
    return command.dump();
  }
  std::int64_t step_ms() {
    return random_.chance(1, 20) ? 900 : static_cast<std::int64_t>(random_.below(60));
  }

 private:
  std::string pick(const std::vector<std::string>& from) { return from[random_.below(from.size())]; }
  std::string seat() {
    return std::to_string(1 + random_.below(3)) + static_cast<char>('A' + random_.below(5));
  }
  std::string id(char letter) { return std::string(1, letter) + "-" + std::to_string(random_.below(400)); }
  json seats() {
    json some = json::array();
    for (std::uint64_t n = 1 + random_.below(3); n > 0; --n) some.push_back(seat());
    return some;
  }
  json wanted() {
    if (random_.chance(1, 2)) return {{"show_id", show()}, {"seats", seats()}};
    return {{"show_id", show()}, {"best", {{"n", 1 + random_.below(4)}}}};
  }
  std::string show() { return pick({"S1", "S2", "S3"}); }
  std::int64_t token() { return static_cast<std::int64_t>(1 + random_.below(30)); }
  std::pair<std::string, json>& choose() {
    switch (random_.below(24)) {
      case 0:
        chosen_ = {"session.open",
                   {{"lease_ms", 500 + random_.below(2000)}, {"grace_ms", random_.below(2000)}}};
        break;
      case 1:
        chosen_ = {"session.close", json::object()};
        break;
      case 2:
        chosen_ = {"show.add",
                   {{"show_id", show()},
                    {"movie", "M"},
                    {"hall", "1"},
                    {"starts_at_ms", 1'000'000 + random_.below(400'000)},
                    {"rows", 3},
                    {"cols", 5},
                    {"orphan_rule", pick({"off", "warn", "reject_unless_unavoidable"})}}};
        if (random_.chance(1, 4)) chosen_.second["queue"] = {{"max_active", 2}, {"admit_ms", 700}};
        break;
      case 3:
        chosen_ = {"show.remove",
                   {{"show_id", show()}, {"on_booked", pick({"reject", "cancel", "rebook_next"})}}};
        break;
      case 4:
        chosen_ = {"show.update",
                   {{"show_id", show()},
                    {"rows", 3 + random_.below(2)},
                    {"status", pick({"OPEN", "OPEN", "OPEN", "CLOSED"})}}};
        break;
      case 5:
      case 6:
      case 7:
        chosen_ = {"seat.hold", wanted()};
        chosen_.second["ttl_ms"] = 1 + random_.below(3000);
        break;
      case 8:
        chosen_ = {"hold.extend", {{"hold_id", id('H')}, {"ttl_ms", 1 + random_.below(3000)}}};
        break;
      case 9:
        chosen_ = {"hold.release", {{"hold_id", id('H')}}};
        break;
      case 10:
        chosen_ = {"booking.confirm", {{"hold_id", id('H')}}};
        break;
      case 11:
      case 12:
      case 13:
        chosen_ = {"seat.reserve", wanted()};
        break;
      case 14:
        chosen_ = {"seat.cancel", {{"show_id", show()}, {"seats", seats()}}};
        break;
      case 15:
        chosen_ = {"booking.cancel", {{"booking_id", id('B')}}};
        break;
      case 16:
        chosen_ = {"booking.exchange", {{"booking_id", id('B')}, {"to", wanted()}}};
        break;
      case 17:
        chosen_ = {
            "multi.reserve",
            {{"items", {{{"show_id", "S1"}, {"seats", seats()}}, {{"show_id", "S2"}, {"seats", seats()}}}}}};
        break;
      case 18:
        chosen_ = {pick({"waitlist.join", "waitlist.join", "waitlist.leave"}),
                   {{"show_id", show()}, {"n", 1 + random_.below(4)}}};
        break;
      case 19:
        chosen_ = {pick({"seat.block", "seat.unblock"}),
                   {{"show_id", show()}, {"seats", seats()}, {"reason", "r"}}};
        break;
      case 20:
        chosen_ = {"queue.join", {{"show_id", show()}}};
        break;
      case 21:
        chosen_ = {"lock.acquire",
                   {{"name", pick({"l1", "l2"})},
                    {"ttl_ms", 1 + random_.below(2000)},
                    {"max_wait_ms", 1 + random_.below(2000)}}};
        break;
      case 22:
        chosen_ = {"lock.append",
                   {{"name", pick({"l1", "l2"})}, {"token", token()}, {"target", "f"}, {"data_b64", "QUJD"}}};
        break;
      default:
        chosen_ = {pick({"lock.release", "lock.renew"}), {{"name", pick({"l1", "l2"})}, {"token", token()}}};
        break;
    }
    return chosen_;
  }

  random_source random_;
  std::map<std::string, std::int64_t> sequences_;
  std::pair<std::string, json> chosen_;
};

std::string summary(const outcome& result) {
  std::string text = std::to_string(result.time_ms) + result.events + to_text(result.digest);
  for (const reply& one : result.replies) text += reply_text(result, one) + one.reply_to;
  return text;
}

struct logged {
  std::int64_t timestamp_ms;
  std::string bytes;
};

std::vector<logged> make_log(std::uint64_t seed, int size) {
  random_log source(seed);
  std::vector<logged> log;
  std::int64_t timestamp_ms = 1'000'000;
  for (int i = 0; i < size; ++i) log.push_back({timestamp_ms += source.step_ms(), source.next()});
  return log;
}

outcome apply(machine& target, const logged& one) {
  return target.apply({target.next_offset(), one.timestamp_ms, as_bytes(one.bytes)});
}

class random_logs : public testing::TestWithParam<int> {};

TEST_P(random_logs, keep_the_state_consistent_and_answer_alike_after_a_snapshot) {
  const std::vector<logged> log = make_log(static_cast<std::uint64_t>(GetParam()), 1000);
  machine whole;
  machine restored;
  for (std::size_t i = 0; i < log.size(); ++i) {
    if (i % 97 == 0) {
      const std::string snapshot = restored.snapshot();
      auto again = machine::from_snapshot(as_bytes(snapshot));
      ASSERT_TRUE(again) << again.error().message;
      ASSERT_EQ(again->snapshot(), snapshot);
      restored = std::move(*again);
      expect_consistent(whole);
    }
    ASSERT_EQ(summary(apply(whole, log[i])), summary(apply(restored, log[i])))
        << "seed " << GetParam() << " record " << i;
  }
  expect_consistent(whole);
}

INSTANTIATE_TEST_SUITE_P(seeds, random_logs, testing::Range(1, 5));

TEST(digest, does_not_depend_on_the_order_of_changes) {
  digest_sum one;
  digest_sum other;
  digest_value a;
  digest_value b;
  one.replace(a, "first");
  one.replace(b, "second");
  one.replace(a, "third");
  digest_value c;
  digest_value d;
  other.replace(c, "second");
  other.replace(d, "third");
  EXPECT_EQ(one.total(), other.total());
  other.remove(d);
  EXPECT_NE(one.total(), other.total());
}

TEST(digest, is_left_alone_by_a_tick_that_expires_nothing) {
  driver log;
  log.add_show("S1", 1, 4);
  log.open_session("ann");
  const digest_value before = log.target.digest();
  log.wait(1000);
  EXPECT_EQ(log.target.digest(), before);
  log.wait(20'000);
  EXPECT_NE(log.target.digest(), before) << "a session in jeopardy is another state";
}

TEST(digest, shows_a_corrupted_seat_at_the_next_record) {
  driver log;
  EXPECT_FALSE(log.target.corrupt_one_seat()) << "no show";
  log.add_show("S1", 1, 4);
  const digest_value before = log.target.digest();
  EXPECT_TRUE(log.target.corrupt_one_seat());
  EXPECT_NE(log.target.digest(), before);
  EXPECT_EQ(log.target.digest(), log.target.recomputed_digest()) << "the fault goes through the table";
  log.wait(1);
  EXPECT_NE(log.last().digest, before);
}

TEST(digest, survives_commands_on_corrupted_seats) {
  for (const char* command : {"seat.cancel", "booking.cancel"}) {
    driver log;
    log.add_show("S1", 1, 2);
    const std::string id = log.reserve("ann", "S1", {"1A", "1B"});
    EXPECT_TRUE(log.target.corrupt_one_seat());
    log.send("ann", command,
             command[0] == 's' ? json{{"show_id", "S1"}, {"seats", {"1A"}}} : json{{"booking_id", id}});
    log.send("admin", "show.remove", {{"show_id", "S1"}, {"on_booked", "cancel"}});
    EXPECT_EQ(log.target.digest(), log.target.recomputed_digest());
  }
}

TEST(snapshot, refuses_what_it_did_not_write) {
  driver log;
  log.add_show("S1", 2, 4);
  log.reserve("ann", "S1", {"1A"});
  const std::string good = log.target.snapshot();
  ASSERT_TRUE(machine::from_snapshot(as_bytes(good)));
  for (std::size_t at = 0; at < good.size(); at += 7) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    EXPECT_FALSE(machine::from_snapshot(as_bytes(bad))) << "byte " << at;
  }
  for (std::size_t size = 0; size < good.size(); size += 11)
    EXPECT_FALSE(machine::from_snapshot(as_bytes(std::string_view(good).substr(0, size))));
}

TEST(vote, carries_replica_digest_and_a_hash_that_is_equal_on_every_replica) {
  driver log;
  log.add_show("S1", 2, 4);
  const reply& first = log.last().replies[0];
  const json one = json::parse(vote_text(log.last(), first, "r1"));
  const json other = json::parse(vote_text(log.last(), first, "r2"));
  EXPECT_EQ(one["reply_hash"], other["reply_hash"]);
  EXPECT_EQ(one["digest"], to_text(log.target.digest()));
  EXPECT_EQ(one["replica"], "r1");
  EXPECT_EQ(one["events"].size(), 1U);
}

TEST(queries, show_what_front_ends_show) {
  driver log;
  log.add_show("S2", 1, 2, {{"starts_at_ms", 1'999'999'999'999}});
  log.add_show("S1", 1, 3);
  log.reserve("ann", "S1", {"1A"});
  const std::string session = log.open_session("ann");
  log.send("ann", "seat.hold", {{"show_id", "S1"}, {"seats", {"1B"}}}, {{"session_id", session}});
  const machine_state& state = log.target.state();
  const json shows = json::parse(shows_json(state, {}))["shows"];
  EXPECT_EQ(shows[0]["show_id"], "S2");
  EXPECT_EQ(shows[1]["free"], 1);
  EXPECT_EQ(shows[1]["held"], 1);
  EXPECT_EQ(shows[1]["booked"], 1);
  EXPECT_EQ(json::parse(shows_json(state, {.movie = "Alien"}))["shows"].size(), 0U);
  const json map = json::parse(*seat_map_json(state, "S1", "ann"));
  EXPECT_EQ(
      map["seats"][0],
      (json{{"id", "1A"}, {"row", 1}, {"col", 1}, {"cat", "standard"}, {"state", "BOOKED"}, {"mine", true}}));
  EXPECT_FALSE(json::parse(*seat_map_json(state, "S1", "bob"))["seats"][1]["mine"]);
  EXPECT_FALSE(map["seats"][2].contains("mine"));
  EXPECT_FALSE(seat_map_json(state, "S9", ""));
  EXPECT_EQ(json::parse(session_json(state, session, "ann")->json)["state"], "ACTIVE");
  EXPECT_EQ(json::parse(session_json(state, session, "ann")->json)["holds"].size(), 1U);
  EXPECT_TRUE(session_json(state, session, "bob")->of_other);
  EXPECT_EQ(json::parse(session_json(state, "s-0", "ann")->json)["state"], "EXPIRED");
  EXPECT_FALSE(session_json(state, "s-100", "ann"));
  EXPECT_EQ(json::parse(bookings_json(state, "ann", booking_filter::live))["bookings"],
            json::array({{{"booking_id", "B-2"}, {"price_cents", 0}, {"seats", {"1A"}}, {"show_id", "S1"}}}));
  EXPECT_EQ(json::parse(bookings_json(state, "bob", booking_filter::all))["bookings"].size(), 0U);
}

TEST(audit, names_shows_and_seats_of_commands_but_not_of_replays) {
  driver log;
  log.add_show("S1", 1, 3);
  log.reserve("ann", "S1", {"1A"});
  ASSERT_EQ(log.last().audit.size(), 1U);
  EXPECT_EQ(log.last().audit[0].seats, std::vector<std::string>{"1A"});
  EXPECT_EQ(log.last().audit[0].code, answer_code::reserved);
  log.repeat();
  EXPECT_TRUE(log.last().audit.empty());
  log.reserve("bob", "S1", {"1A"});
  EXPECT_EQ(log.last().audit[0].code, answer_code::seat_taken);
}

}  // namespace
}  // namespace marquee::booking
