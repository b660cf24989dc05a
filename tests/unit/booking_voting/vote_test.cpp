#include "booking_app/voting/vote.h"

#include <gtest/gtest.h>

#include "booking_app/machine/machine.h"

namespace marquee::booking {
namespace {

/// What a replica writes about the one record that opens a session.
std::string session_vote(const std::string& replica) {
  machine target;
  const std::string command =
      R"({"body":{},"client_id":"al\"ice\u00e9","idem_key":"digest","type":"session.open","v":1})";
  const outcome of =
      target.apply({.offset = 0, .timestamp_ms = 1'000, .value = as_bytes(std::string_view(command))});
  return vote_text(of, of.replies.at(0), replica);
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t place = text.find(what);
  EXPECT_NE(place, std::string::npos) << text;
  return text.replace(place, what.size(), by);
}

TEST(vote, reads_what_the_machine_writes) {
  const std::string text = session_vote("r2");
  const result<vote> read = decode_vote(text);
  ASSERT_TRUE(read) << read.error().message << text;
  EXPECT_EQ(read->replica, "r2");
  EXPECT_EQ(read->client_id, "al\"ice\u00e9");
  EXPECT_EQ(read->offset, 0);
  EXPECT_EQ(read->at_offset, 0);
  EXPECT_EQ(read->reply_hash.size(), 32u) << read->reply_hash;
  EXPECT_EQ(read->digest.size(), 32u);
  EXPECT_EQ(read->text, text);
}

TEST(vote, agrees_with_that_of_another_replica_in_the_same_state) {
  EXPECT_TRUE(decode_vote(session_vote("r1"))->agrees_with(*decode_vote(session_vote("r4"))));
}

TEST(vote, with_a_body_that_its_hash_does_not_stand_for_agrees_with_nobody) {
  const result<vote> honest = decode_vote(session_vote("r1"));
  const std::string other_lease = replaced(session_vote("r2"), "\"lease_ms\":12000", "\"lease_ms\":13000");
  const result<vote> lying = decode_vote(other_lease);
  ASSERT_TRUE(lying) << lying.error().message;
  EXPECT_FALSE(lying->agrees_with(*honest));
}

TEST(vote, of_another_state_disagrees_though_the_answer_is_the_same) {
  const result<vote> honest = decode_vote(session_vote("r1"));
  const result<vote> corrupt =
      decode_vote(replaced(session_vote("r2"), honest->digest, std::string(32, '0')));
  ASSERT_TRUE(corrupt);
  EXPECT_EQ(corrupt->reply_hash, honest->reply_hash);
  EXPECT_FALSE(corrupt->agrees_with(*honest));
}

TEST(vote, gives_the_answer) {
  const result<voted_answer> answer = decode_answer(*decode_vote(session_vote("r3")));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->code, "SESSION_OPENED");
  EXPECT_TRUE(answer->ok);
  EXPECT_FALSE(answer->replayed);
  EXPECT_FALSE(answer->pushed);
  EXPECT_EQ(answer->time_ms, 0);
  EXPECT_FALSE(answer->show_version);
  EXPECT_EQ(answer->body, R"({"grace_ms":45000,"lease_ms":12000,"session_id":"s-0"})");
}

TEST(vote, tells_a_pushed_answer_from_a_replay) {
  vote pushed{.replica = "r1",
              .offset = 3,
              .at_offset = 9,
              .client_id = "a",
              .reply_hash = {},
              .digest = {},
              .text = {}};
  pushed.text = R"({"at_offset":9,"body":{"token":4},"code":"GRANTED","offset":3,"replayed":false,)"
                R"("show_version":7,"status":"OK","time_ms":5})";
  const result<voted_answer> answer = decode_answer(pushed);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->pushed);
  EXPECT_EQ(answer->show_version, 7);
  pushed.text = replaced(pushed.text, "false", "true");
  EXPECT_FALSE(decode_answer(pushed)->pushed);
}

TEST(vote, a_repetition_is_another_answer_than_the_second_one) {
  const vote told = *decode_vote(session_vote("r1"));
  const vote repeated = *decode_vote(replaced(session_vote("r1"), "\"replayed\":false", "\"replayed\":true"));
  EXPECT_FALSE(told.replayed);
  EXPECT_TRUE(repeated.replayed);
  EXPECT_NE(told.answer(), repeated.answer());
}

TEST(vote, refuses_what_is_none) {
  const std::string whole = session_vote("r1");
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("null"), std::string("{}"), std::string("\xff\xfe"),
        whole + whole, whole + "x", std::string(100'000, '['),
        replaced(whole, "\"replica\":\"r1\"", "\"replica\":1"),
        replaced(whole, "\"offset\":0", "\"offset\":1e99")}) {
    const result<vote> read = decode_vote(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, error_code::corrupt) << text;
  }
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(decode_vote(whole.substr(0, length))) << length;
}

TEST(vote, of_a_later_version_is_told_from_garbage) {
  const result<vote> read = decode_vote(replaced(session_vote("r1"), "\"v\":1}", "\"v\":2}"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, error_code::unsupported);
}

}  // namespace
}  // namespace marquee::booking
