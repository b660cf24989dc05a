#include <gtest/gtest.h>

#include "cli/booking/bench_batch.h"
#include "cli/booking/booking_connection.h"
#include "tests/unit/client/scripted_server.h"

namespace marquee::cli {
namespace {

using client::answer;
using client::scripted_server;
using client::seen_request;

booking_connection_options options_for(const std::vector<std::string>& urls) {
  booking_connection_options options;
  for (const std::string& url : urls) options.servers.push_back(*parse_booking_server(url));
  options.client_id = "alice";
  options.deadline_ms = 20'000;
  options.first_pause_ms = 1;
  options.longest_pause_ms = 2;
  return options;
}

booking_request reserve() {
  booking_request request{.method = "POST", .target = "/v1/shows/S1/reserve", .body = R"({"seats":["1A"]})"};
  request.idempotency_key = "k-1";
  return request;
}

void refuse(httplib::Response& response, int status, const std::string& code, const std::string& outcome) {
  answer(response, status, {{"status", "failure"}, {"code", code}, {"message", "no"}, {"outcome", outcome}});
}

void reserved(httplib::Response& response) {
  answer(response, 201, {{"status", "success"}, {"code", "RESERVED"}, {"outcome", "done"}});
}

TEST(booking_connection, reads_servers_with_and_without_scheme_and_path) {
  EXPECT_EQ(parse_booking_server("h1:8301")->url, "http://h1:8301");
  const auto behind = parse_booking_server("http://127.0.0.1:8080/booking/");
  EXPECT_EQ(behind->url, "http://127.0.0.1:8080");
  EXPECT_EQ(behind->prefix, "/booking");
  for (const char* wrong : {"", "h1", ":80", "h1:", "https://h1:80@x", "h 1:80"})
    EXPECT_FALSE(parse_booking_server(wrong)) << wrong;
}

TEST(booking_connection, says_who_asks_and_what_makes_the_command_the_same) {
  scripted_server server([](std::size_t, const seen_request&, httplib::Response& out) { reserved(out); });
  booking_connection connection(options_for({server.url() + "/booking"}));
  booking_request request = reserve();
  request.session_id = "s-7";
  request.lock = "hall-1:88";
  const auto got = connection.call(request);
  ASSERT_TRUE(got && got->is_success);
  EXPECT_EQ(got->code, "RESERVED");
  const seen_request seen = server.seen().at(0);
  EXPECT_EQ(seen.target, "/booking/v1/shows/S1/reserve");
  EXPECT_EQ(seen.header("X-Client-Id"), "alice");
  EXPECT_EQ(seen.header("X-Session-Id"), "s-7");
  EXPECT_EQ(seen.header("Idempotency-Key"), "k-1");
  EXPECT_EQ(seen.header("X-Lock"), "hall-1:88");
}

TEST(booking_connection, an_unknown_outcome_is_resolved_at_the_next_server_with_the_same_key) {
  scripted_server lost([](std::size_t, const seen_request&, httplib::Response& out) {
    refuse(out, 504, "TIMEOUT", "unknown");
  });
  scripted_server knows([](std::size_t, const seen_request&, httplib::Response& out) {
    out.set_header("Idempotency-Replayed", "true");
    reserved(out);
  });
  booking_connection connection(options_for({lost.url(), knows.url()}));
  const auto got = connection.call(reserve());
  ASSERT_TRUE(got && got->is_success);
  EXPECT_TRUE(got->replayed);
  EXPECT_EQ(knows.seen().at(0).header("Idempotency-Key"), "k-1");
  EXPECT_EQ(knows.seen().at(0).body, lost.seen().at(0).body);
}

TEST(booking_connection, a_refusal_is_final) {
  scripted_server server([](std::size_t, const seen_request&, httplib::Response& out) {
    refuse(out, 409, "SEAT_TAKEN", "definite");
  });
  booking_connection connection(options_for({server.url()}));
  const auto got = connection.call(reserve());
  ASSERT_TRUE(got);
  EXPECT_FALSE(got->is_success);
  EXPECT_EQ(got->code, "SEAT_TAKEN");
  EXPECT_EQ(server.seen().size(), 1U);
}

TEST(booking_connection, goes_to_the_next_server_when_nobody_listens) {
  std::string gone;
  {
    scripted_server stopped([](std::size_t, const seen_request&, httplib::Response&) {});
    gone = stopped.url();
  }
  scripted_server server([](std::size_t, const seen_request&, httplib::Response& out) { reserved(out); });
  booking_connection connection(options_for({gone, server.url()}));
  EXPECT_TRUE(connection.call(reserve())->is_success);
}

TEST(booking_connection, tells_a_command_that_may_be_done_from_one_that_is_not) {
  scripted_server server([](std::size_t, const seen_request&, httplib::Response& out) {
    refuse(out, 503, "NO_QUORUM", "unknown");
  });
  booking_connection_options options = options_for({server.url()});
  // The pause before a second attempt would end after the deadline.
  options.deadline_ms = 4'000;
  options.first_pause_ms = options.longest_pause_ms = 10'000;
  const auto doubtful = booking_connection(options).call(reserve());
  ASSERT_FALSE(doubtful);
  EXPECT_EQ(doubtful.error().code, "NO_QUORUM");
  EXPECT_TRUE(doubtful.error().may_have_happened);
  const auto read = booking_connection(options).call({.target = "/v1/shows"});
  ASSERT_FALSE(read);
  EXPECT_FALSE(read.error().may_have_happened);
}

TEST(booking_connection, an_overloaded_front_end_has_done_nothing) {
  scripted_server server([](std::size_t number, const seen_request&, httplib::Response& out) {
    if (number < 2)
      refuse(out, 429, "QUEUE", "definite");
    else
      reserved(out);
  });
  EXPECT_TRUE(booking_connection(options_for({server.url()})).call(reserve())->is_success);
  EXPECT_EQ(server.seen().size(), 3U);
}

TEST(booking_connection, judges_every_kind_of_answer) {
  using enum attempt_verdict;
  EXPECT_EQ(judge_answer(202, "WAITING", ""), final_answer);
  EXPECT_EQ(judge_answer(409, "IN_PROGRESS", "unknown"), again_in_doubt);
  EXPECT_EQ(judge_answer(410, "SESSION_EXPIRED", "definite"), final_answer);
  EXPECT_EQ(judge_answer(422, "IDEMPOTENCY_MISMATCH", "definite"), final_answer);
  EXPECT_EQ(judge_answer(429, "QUEUE", "definite"), again);
  EXPECT_EQ(judge_answer(429, "TOO_MANY_SESSIONS", "definite"), final_answer);
  EXPECT_EQ(judge_answer(503, "NO_MAJORITY", "unknown"), again_in_doubt);
  EXPECT_EQ(judge_answer(503, "STOPPING", "definite"), again);
  EXPECT_EQ(judge_answer(504, "WAIT_TIMEOUT", "definite"), final_answer);
  EXPECT_EQ(judge_answer(502, "", ""), again_in_doubt);
}

TEST(booking_connection, receives_a_stream_until_enough_was_seen) {
  scripted_server server([](std::size_t, const seen_request& asked, httplib::Response& out) {
    if (asked.target == "/v1/stream?shows=none") return refuse(out, 404, "NO_SUCH_SHOW", "definite");
    out.set_chunked_content_provider("text/event-stream", [](std::size_t, httplib::DataSink& sink) {
      return sink.write("data: x\n\n", 9);
    });
  });
  booking_connection connection(options_for({server.url()}));
  std::size_t pieces = 0;
  const auto take = [&](std::string_view) { return ++pieces < 3; };
  EXPECT_TRUE(connection.receive({.target = "/v1/stream"}, 2'000, take));
  EXPECT_EQ(pieces, 3U);
  const auto refused = connection.receive({.target = "/v1/stream?shows=none"}, 2'000, take);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 404);
  EXPECT_NE(refused->body.find("NO_SUCH_SHOW"), std::string::npos);
  EXPECT_EQ(pieces, 3U);
}

TEST(booking_connection, a_batch_counts_what_was_booked_and_what_was_not) {
  scripted_server server([](std::size_t, const seen_request& asked, httplib::Response& out) {
    if (asked.target == "/v1/shows/S1/reserve" && asked.body["seats"][0] != "9Z") {
      out.set_header("Server-Timing", "produce;dur=2.000, vote;dur=1.000");
      return reserved(out);
    }
    refuse(out, 404, "NO_SUCH_SEAT", "definite");
  });
  bench_load load({*net::parse_endpoint(server.url())}, 2);
  const auto request = [](const std::string& client, const std::string& seat, std::int64_t seq) {
    return bench_request{
        .server = 0, .show_id = "S1", .seat = seat, .client_id = client, .session_id = {}, .seq = seq};
  };
  const bench_result result =
      load.run({{request("c1", "1A", 1), request("c1", "1B", 2)}, {request("c2", "9Z", 1)}});
  EXPECT_EQ(result.latencies_us.size(), 2U);
  EXPECT_EQ(result.failed, 1);
  EXPECT_NE(result.first_failure.find("NO_SUCH_SEAT"), std::string::npos);
  EXPECT_EQ(result.hops_ms, (std::map<std::string, double>{{"produce", 4.0}, {"vote", 2.0}}));
  EXPECT_GT(result.batch_us, 0);
  EXPECT_EQ(server.seen().size(), 5U) << "each connection is opened beforehand";
}

}  // namespace
}  // namespace marquee::cli
