#include "cli/booking/prompt.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/client/scripted_server.h"

namespace marquee::cli {
namespace {

using client::answer;
using client::scripted_server;
using client::seen_request;
using nlohmann::json;

/// A front end with one show, or none, whose seats can be booked once.
class show_server {
 public:
  void operator()(const seen_request& asked, httplib::Response& out) {
    const std::lock_guard lock(mutex_);
    if (asked.target == "/v1/sessions")
      return answer(out, 201,
                    {{"code", "SESSION_OPENED"},
                     {"session_id", "s-" + asked.header("X-Client-Id")},
                     {"lease_ms", 60'000},
                     {"grace_ms", 1'000}});
    if (asked.target == "/v1/shows" && asked.method == "GET") {
      json shows = json::array();
      if (rows > 0) shows.push_back({{"show_id", "S1"}});
      return answer(out, 200, {{"status", "success"}, {"shows", shows}});
    }
    if (asked.target == "/v1/shows") return add(asked, out);
    if (asked.target == "/v1/shows/S1/seats") return map(out);
    if (asked.target == "/v1/shows/S1/reserve") return reserve(asked, out);
    if (asked.method == "PATCH") {
      rows = asked.body.value("rows", std::int64_t{0});
      return answer(out, 200, {{"code", "SHOW_UPDATED"}});
    }
    if (asked.target == "/v1/shows/S1?on_booked=cancel") {
      rows = 0;
      booked.clear();
      return answer(out, 200,
                    {{"code", "SHOW_REMOVED"}, {"cancelled", json::array()}, {"moved", json::array()}});
    }
    answer(out, 200, {{"code", "CLOSED"}});
  }

  std::int64_t rows = 1;
  std::set<std::string> booked;

 private:
  void add(const seen_request& asked, httplib::Response& out) {
    rows = asked.body.value("rows", std::int64_t{0});
    answer(out, 201, {{"code", "SHOW_ADDED"}});
  }
  void map(httplib::Response& out) const {
    if (rows == 0)
      return answer(out, 404, {{"code", "NO_SUCH_SHOW"}, {"message", "none"}, {"outcome", "definite"}});
    json seats = json::array();
    for (std::int64_t row = 1; row <= rows; ++row)
      seats.push_back({{"row", row}, {"col", 1}, {"cat", "standard"}, {"state", "AVAILABLE"}});
    answer(out, 200,
           {{"show_id", "S1"},
            {"movie", "Dune"},
            {"hall", "1"},
            {"starts_at_ms", 1},
            {"rows", rows},
            {"cols", 1},
            {"seats", seats}});
  }
  void reserve(const seen_request& asked, httplib::Response& out) {
    const std::string seat = asked.body["seats"][0];
    if (!booked.insert(seat).second)
      return answer(out, 409, {{"code", "SEAT_TAKEN"}, {"message", "taken"}, {"outcome", "definite"}});
    answer(out, 201, {{"code", "RESERVED"}, {"seats", {seat}}, {"booking_id", "B-1"}, {"price_cents", 0}});
  }

  std::mutex mutex_;
};

class booking_prompt_test : public ::testing::Test {
 protected:
  booking_prompt_test()
      : server_(
            [this](std::size_t, const seen_request& asked, httplib::Response& out) { show_(asked, out); }) {
    prompt_options options;
    options.connection.servers = {*parse_booking_server(server_.url())};
    options.connection.deadline_ms = 20'000;
    prompt_ =
        std::make_unique<booking_prompt>(options, [this](const std::string& line) { said_.push_back(line); });
  }
  bool take(const std::string& line) { return prompt_->take(line); }
  [[nodiscard]] std::string last() const { return said_.empty() ? "" : said_.back(); }

  show_server show_;
  std::vector<std::string> said_;
  scripted_server server_;
  std::unique_ptr<booking_prompt> prompt_;
};

TEST_F(booking_prompt_test, several_clients_book_each_in_a_session_of_its_own) {
  EXPECT_TRUE(take("client1 1A RESERVE"));
  EXPECT_EQ(last(), "client1: booked 1A: booking B-1, 0.00");
  EXPECT_TRUE(take("client2 1A reserve"));
  EXPECT_EQ(last(), "client2: refused: SEAT_TAKEN: taken");
  std::set<std::string> sessions;
  for (const seen_request& seen : server_.seen())
    if (seen.target == "/v1/shows/S1/reserve") sessions.insert(seen.header("X-Session-Id"));
  EXPECT_EQ(sessions, (std::set<std::string>{"s-client1", "s-client2"}));
}

TEST_F(booking_prompt_test, nothing_that_goes_wrong_ends_it) {
  for (const char* line :
       {"", "   ", "what", "client1 RESERVE", "client1 1A CANCEL;", "scale x", "scale 0", "use"})
    EXPECT_TRUE(take(line)) << line;
  EXPECT_NE(last().find("not understood"), std::string::npos);
  EXPECT_TRUE(take("help"));
  EXPECT_FALSE(take("done"));
}

TEST_F(booking_prompt_test, scale_gives_the_show_rows_or_makes_it) {
  EXPECT_TRUE(take("scale 6"));
  EXPECT_EQ(show_.rows, 6);
  EXPECT_EQ(last(), "S1: the show is changed");
  show_.rows = 0;
  EXPECT_TRUE(take("scale 4"));
  EXPECT_EQ(show_.rows, 4);
  EXPECT_EQ(last(), "S1: the show is there");
}

TEST_F(booking_prompt_test, clean_frees_every_seat_and_keeps_the_hall) {
  EXPECT_TRUE(take("scale 3"));
  EXPECT_TRUE(take("client1 1A RESERVE"));
  EXPECT_TRUE(take("clean"));
  EXPECT_TRUE(show_.booked.empty());
  EXPECT_EQ(show_.rows, 3);
  EXPECT_TRUE(take("client2 1A RESERVE"));
  EXPECT_EQ(last(), "client2: booked 1A: booking B-1, 0.00");
}

TEST_F(booking_prompt_test, sessions_are_closed_at_the_end) {
  EXPECT_TRUE(take("client1 1A RESERVE"));
  prompt_.reset();
  EXPECT_EQ(server_.seen().back().method, "DELETE");
  EXPECT_EQ(server_.seen().back().target, "/v1/sessions/s-client1");
}

}  // namespace
}  // namespace marquee::cli
