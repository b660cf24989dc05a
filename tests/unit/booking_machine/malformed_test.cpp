#include <gtest/gtest.h>

#include "base/random.h"
#include "driver.h"

namespace marquee::booking {
namespace {

const std::string good = R"({"v":1,"type":"queue.join","client_id":"ann","seq":1,"body":{"show_id":"S1"}})";

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']');
}

std::string with(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

void expect_bad(const std::string& bytes) {
  driver log;
  log.add_show("S1", 1, 2);
  const digest_value before = log.target.digest();
  const json reply = log.raw(bytes);
  EXPECT_EQ(reply["code"], "BAD_COMMAND") << bytes.substr(0, 200);
  EXPECT_TRUE(log.last().bad_command.has_value());
  EXPECT_FALSE(reply["body"]["message"].get<std::string>().empty());
  EXPECT_EQ(log.target.digest(), before) << "it changes nothing";
  EXPECT_TRUE(log.last().audit.empty());
}

TEST(malformed, bytes_are_no_command) {
  for (const std::string& bytes : {std::string(),
                                   std::string("null"),
                                   std::string("[]"),
                                   std::string("5"),
                                   std::string("CANCEL;"),
                                   std::string("{"),
                                   std::string("\0\0\0", 3),
                                   std::string("\xff\xfe"),
                                   std::string(70'000, 'x'),
                                   std::string(1 << 20, '['),
                                   good + "x",
                                   good + good,
                                   std::string("{}"),
                                   nested(30'000),
                                   with(good, "ann", "\xc3\x28"),
                                   with(good, "ann", "\\ud800"),
                                   with(good, "\"S1\"}", "\"S1\",}"),
                                   with(good, "\"v\"", "\"v\":1,\"v\""),
                                   with(good, ":1,", ":NaN,"),
                                   with(good, "\"body\":{", "\"body\":{\"show_id\":\"S1\",")})
    expect_bad(bytes);
}

TEST(malformed, envelopes_are_no_command) {
  for (const std::string& bytes : {
           with(good, R"("v":1)", R"("v":2)"),
           with(good, R"("v":1)", R"("v":"1")"),
           with(good, R"("v":1,)", ""),
           with(good, "queue.join", "queue.leave"),
           with(good, R"("queue.join")", "7"),
           with(good, R"("ann")", R"("")"),
           with(good, R"("ann")", "7"),
           with(good, "ann", "a\\nb"),
           with(good, "ann", "a\\u0085b"),
           with(good, "ann", std::string(256, 'a')),
           with(good, R"("client_id":"ann",)", ""),
           with(good, R"("seq":1,)", ""),
           with(good, R"("seq":1)", R"("seq":0)"),
           with(good, R"("seq":1)", R"("seq":-1)"),
           with(good, R"("seq":1)", R"("seq":1.0)"),
           with(good, R"("seq":1)", R"("seq":9007199254740992)"),
           with(good, R"("seq":1)", R"("seq":99999999999999999999999999)"),
           with(good, R"("seq":1)", R"("seq":1,"idem_key":"k")"),
           with(good, R"("seq":1)", R"("idem_key":"")"),
           with(good, R"("seq":1)", R"("idem_key":")" + std::string(256, 'k') + "\""),
           with(good, R"("seq":1)", R"("seq":1,"session_id":null)"),
           with(good, R"("seq":1)", R"("seq":1,"ack_below":-1)"),
           with(good, R"("seq":1)", R"("seq":1,"reply_to":5)"),
           with(good, R"("seq":1)", R"("seq":1,"lock":"hall:1")"),
           with(good, R"("seq":1)", R"("seq":1,"lock":{"name":"x"})"),
           with(good, R"({"show_id":"S1"})", "[]"),
           with(good, R"({"show_id":"S1"})", "{}"),
           with(good, R"({"show_id":"S1"})", R"({"show_id":"S1","x":1})"),
       })
    expect_bad(bytes);
}

TEST(malformed, good_commands_of_unusual_form_are_commands) {
  const auto code = [](const std::string& bytes) {
    driver log;
    log.add_show("S1", 1, 2);
    return log.raw(bytes)["code"];
  };
  EXPECT_EQ(code(good), "ADMITTED");
  EXPECT_EQ(code(with(good, "ann", std::string(255, 'a'))), "ADMITTED");
  EXPECT_EQ(code(with(good, "ann", "J\xc3\xbcrgen \xf0\x9f\x8e\xac")), "ADMITTED");
  EXPECT_EQ(code(with(good, R"("seq":1)", R"("seq":9007199254740991,"trace":{"x":[1.5,null,1e300]})")),
            "ADMITTED")
      << "unknown fields of the envelope are ignored";
  EXPECT_EQ(code(with(good, R"("seq":1)", R"("seq":1,"x":)" + nested(60))), "ADMITTED");
  const std::string padding(json_parser::longest_bytes - good.size(), ' ');
  EXPECT_EQ(code(good + padding), "ADMITTED");
  EXPECT_EQ(code(good + padding + " "), "BAD_COMMAND");
}

TEST(malformed, records_say_who_sent_them_if_that_can_be_read) {
  driver log;
  const json reply = log.raw(R"({"client_id":"ann","seq":5,"reply_to":"fe-3","type":"nonsense"})");
  EXPECT_EQ(reply["client_id"], "ann");
  EXPECT_EQ(reply["seq"], 5);
  EXPECT_EQ(log.last().replies[0].reply_to, "fe-3");
}

TEST(malformed, random_damage_never_breaks_the_machine) {
  const std::vector<std::string> seeds = {
      good,
      R"({"v":1,"type":"seat.reserve","client_id":"ann","seq":1,"body":{"show_id":"S1","seats":["1A","1B"]}})",
      R"({"v":1,"type":"show.add","client_id":"admin","idem_key":"k","body":{"show_id":"S2","movie":"M","hall":"1","starts_at_ms":5,"rows":2,"cols":2}})",
      R"({"v":1,"type":"lock.append","client_id":"ann","session_id":"s-1","seq":3,"body":{"name":"n","token":1,"target":"t","data_b64":"QQ=="}})",
  };
  random_source random(7);
  driver log;
  log.add_show("S1", 3, 3);
  for (int i = 0; i < 4'000; ++i) {
    std::string bytes = seeds[random.below(seeds.size())];
    for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes) {
      const std::size_t at = random.below(bytes.size());
      if (random.chance(1, 3))
        bytes.erase(at, 1 + random.below(6));
      else
        bytes[at] =
            static_cast<char>(random.chance(1, 2) ? "{}[]\",:0129-e"[random.below(13)] : random.below(256));
      if (bytes.empty()) bytes = "x";
    }
    log.raw(bytes);
  }
  expect_consistent(log.target);
}

}  // namespace
}  // namespace marquee::booking
