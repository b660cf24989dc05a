#include "booking_app/front_end/change_stream.h"

#include <gtest/gtest.h>

#include "booking_app/front_end/live_changes.h"

namespace marquee::booking {
namespace {

stream_message seat(std::int64_t offset, const std::string& show = "S1") {
  return {offset, show, "id: " + std::to_string(offset) + "\ndata: " + show + "\n\n"};
}

class change_stream_test : public ::testing::Test {
 protected:
  void add(std::int64_t offset, std::vector<stream_message> messages) {
    loop.run_and_wait([&] { changes.add(offset, std::move(messages)); });
  }
  std::shared_ptr<change_stream> open(change_stream_options options) {
    return std::make_shared<change_stream>(changes, std::move(options), nullptr);
  }
  /// The next piece of a stream; "end" at its end.
  std::string next(const std::shared_ptr<change_stream>& stream) {
    std::string piece;
    loop.spawn_and_wait([&]() -> net::task<> {
      const std::optional<std::string> got = co_await stream->next(ended.get_token());
      piece = got.value_or("end");
    });
    return piece;
  }

  net::event_loop loop{"test"};
  live_changes changes{loop, {.most_messages = 4, .many_streams = 1'000}};
  std::stop_source ended;
};

TEST_F(change_stream_test, begins_at_the_present_and_gives_what_comes_after) {
  add(4, {seat(4)});
  const auto stream = open({});
  EXPECT_EQ(next(stream), "retry: 1000\nid: 4\n\n");
  add(5, {seat(5)});
  add(6, {});
  add(7, {seat(7)});
  EXPECT_EQ(next(stream), seat(5).text + seat(7).text);
}

TEST_F(change_stream_test, waits_for_the_next_change) {
  const auto stream = open({});
  next(stream);
  loop.post_after_ms(5, [&] { changes.add(1, {seat(1)}); });
  EXPECT_EQ(next(stream), seat(1).text);
}

TEST_F(change_stream_test, resumes_behind_what_was_seen) {
  add(4, {seat(4)});
  add(5, {seat(5), seat(5, "S2")});
  add(6, {seat(6)});
  const auto stream = open({.seen = 4});
  EXPECT_EQ(next(stream), "retry: 1000\nid: 4\n\n");
  EXPECT_EQ(next(stream), seat(5).text + seat(5, "S2").text + seat(6).text);
}

TEST_F(change_stream_test, gives_only_the_shows_that_were_asked_for) {
  const auto stream = open({.shows = {"S2", "S3"}});
  next(stream);
  add(1, {seat(1), seat(1, "S2"), seat(1, "")});
  add(2, {seat(2, "S3")});
  EXPECT_EQ(next(stream), seat(1, "S2").text + seat(2, "S3").text);
}

TEST_F(change_stream_test, tells_a_client_that_comes_too_late_to_begin_anew) {
  for (int offset = 1; offset <= 6; ++offset) add(offset, {seat(offset)});
  const auto stream = open({.seen = 1});
  EXPECT_EQ(next(stream), "retry: 1000\n\n" + reset_message(6));
  add(7, {seat(7)});
  EXPECT_EQ(next(stream), seat(7).text);
  EXPECT_EQ(next(open({.seen = 2})), "retry: 1000\n\n" + reset_message(7)) << "the third is gone";
  EXPECT_EQ(next(open({.seen = 3})), "retry: 1000\nid: 3\n\n");
}

TEST_F(change_stream_test, tells_a_client_that_does_not_read_to_begin_anew) {
  const auto stream = open({});
  next(stream);
  for (int offset = 1; offset <= 20; ++offset) add(offset, {seat(offset)});
  EXPECT_EQ(next(stream), reset_message(20));
}

TEST_F(change_stream_test, never_cuts_a_record) {
  add(1, {seat(1), seat(1, "S2"), seat(1, "S3")});
  add(2, {seat(2)});
  const auto stream = open({.seen = 0, .piece_bytes = 1});
  next(stream);
  EXPECT_EQ(next(stream), seat(1).text + seat(1, "S2").text + seat(1, "S3").text);
  EXPECT_EQ(next(stream), seat(2).text);
}

TEST_F(change_stream_test, waits_for_an_offset_that_another_front_end_has_shown) {
  add(1, {seat(1)});
  const auto stream = open({.seen = 3});
  loop.post_after_ms(5, [&] {
    changes.add(2, {seat(2)});
    changes.add(3, {seat(3)});
    changes.add(4, {seat(4)});
  });
  EXPECT_EQ(next(stream), "retry: 1000\nid: 3\n\n");
  EXPECT_EQ(next(stream), seat(4).text);
}

TEST_F(change_stream_test, resets_a_client_with_an_offset_of_another_log) {
  add(1, {seat(1)});
  EXPECT_EQ(next(open({.seen = 9'000, .catch_up_ms = 1})), "retry: 1000\n\n" + reset_message(1));
}

TEST_F(change_stream_test, says_in_silence_how_far_it_is) {
  const auto stream = open({.comment_ms = 1});
  next(stream);
  add(3, {});
  EXPECT_EQ(next(stream), ": alive\nid: 3\n\n");
}

TEST_F(change_stream_test, ends_when_the_client_has_gone) {
  const auto stream = open({});
  next(stream);
  ended.request_stop();
  EXPECT_EQ(next(stream), "end");
}

TEST_F(change_stream_test, many_streams_are_woken_once_in_a_while) {
  live_changes crowded(loop, {.many_streams = 0, .pause_ms = 5});
  const auto stream = std::make_shared<change_stream>(crowded, change_stream_options{}, nullptr);
  next(stream);
  loop.spawn([&]() -> net::task<> {
    co_await net::yield_to_others();
    for (int offset = 1; offset <= 3; ++offset) {
      crowded.add(offset, {seat(offset)});
      co_await net::yield_to_others();
    }
  });
  EXPECT_EQ(next(stream), seat(1).text + seat(2).text + seat(3).text);
}

}  // namespace
}  // namespace marquee::booking
