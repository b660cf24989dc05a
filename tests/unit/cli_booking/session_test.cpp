#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "cli/booking/booking_task.h"
#include "tests/unit/client/scripted_server.h"

namespace marquee::cli {
namespace {

using client::answer;
using client::scripted_server;
using client::seen_request;

class booking_sessions : public ::testing::Test {
 protected:
  booking_sessions() {
    std::string name = ::testing::TempDir() + "booking-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~booking_sessions() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] session_store store() const { return session_store(folder_ + "/kept"); }
  [[nodiscard]] booking_client client_of(const scripted_server& server) const {
    booking_connection_options options;
    options.servers = {*parse_booking_server(server.url())};
    options.client_id = "alice";
    options.deadline_ms = 20'000;
    return {std::move(options), store()};
  }
  [[nodiscard]] static kept_session session(std::int64_t age_ms) {
    return {.client_id = "alice",
            .session_id = "s-7",
            .lease_ms = 60'000,
            .grace_ms = 60'000,
            .renewed = kept_moment::now().before_ms(age_ms)};
  }
  static booking_request reserve() {
    return {.method = "POST", .target = "/v1/shows/S1/reserve", .body = R"({"seats":["1A"]})"};
  }
  static void succeed(std::size_t, const seen_request& asked, httplib::Response& out) {
    if (asked.target == "/v1/sessions")
      answer(out, 201,
             {{"code", "SESSION_OPENED"}, {"session_id", "s-9"}, {"lease_ms", 60'000}, {"grace_ms", 500}});
    else
      answer(out, 201, {{"code", "RESERVED"}});
  }

  std::string folder_;
};

TEST_F(booking_sessions, are_kept_where_only_the_user_can_read) {
  ASSERT_TRUE(store().save(session(0)));
  struct stat info{};
  ASSERT_EQ(stat((folder_ + "/kept/alice.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_EQ(store().load("alice")->session_id, "s-7");
  EXPECT_FALSE(store().load("bob"));
}

TEST_F(booking_sessions, are_told_apart_whatever_the_client_is_called) {
  for (const std::string& client : {std::string("a/b"), std::string(".."), std::string(255, 'x'),
                                    std::string(254, 'x') + "y", std::string("Åsa")}) {
    kept_session one = session(0);
    one.client_id = client;
    one.session_id = "s-of-" + client;
    ASSERT_TRUE(store().save(one));
  }
  EXPECT_EQ(store().load("..")->session_id, "s-of-..");
  EXPECT_EQ(store().load(std::string(255, 'x'))->session_id, "s-of-" + std::string(255, 'x'));
}

TEST_F(booking_sessions, end_after_lease_and_grace) {
  const kept_session one = session(0);
  EXPECT_FALSE(one.is_over(one.renewed.before_ms(-120'000)));
  EXPECT_TRUE(one.is_over(one.renewed.before_ms(-120'001)));
}

TEST_F(booking_sessions, are_judged_by_the_wall_clock_after_a_restart) {
  kept_session old = session(0);
  old.renewed = {"another start", 0, kept_moment::now().wall_ms - 121'000};
  EXPECT_TRUE(old.is_over(kept_moment::now()));
}

TEST_F(booking_sessions, nothing_is_sent_after_a_stop_longer_than_lease_and_grace) {
  scripted_server server(succeed);
  ASSERT_TRUE(store().save(session(121'000)));
  booking_client client = client_of(server);
  booking_request request = reserve();
  const auto outcome = client.command(request, session_use::if_kept);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, "SESSION_EXPIRED");
  EXPECT_EQ(outcome.error().message, "session expired");
  EXPECT_FALSE(outcome.error().may_have_happened);
  EXPECT_TRUE(server.seen().empty());
  booking_request next = reserve();
  EXPECT_TRUE(client.command(next, session_use::if_kept)) << "it is told once";
  EXPECT_EQ(server.seen().at(0).header("X-Session-Id"), "");
}

TEST_F(booking_sessions, a_command_belongs_to_the_kept_session_and_renews_it) {
  scripted_server server(succeed);
  ASSERT_TRUE(store().save(session(60'000)));
  booking_client client = client_of(server);
  booking_request request = reserve();
  ASSERT_TRUE(client.command(request, session_use::if_kept));
  EXPECT_EQ(server.seen().at(0).header("X-Session-Id"), "s-7");
  EXPECT_LT(elapsed_ms(store().load("alice")->renewed, kept_moment::now()), 59'000);
}

TEST_F(booking_sessions, one_is_opened_where_it_is_needed) {
  scripted_server server(succeed);
  booking_client client = client_of(server);
  booking_request plain = reserve();
  ASSERT_TRUE(client.command(plain, session_use::if_kept));
  EXPECT_EQ(server.seen().size(), 1U) << "a plain command does without";
  booking_request locked{.method = "POST", .target = "/v1/locks/l/acquire", .body = "{}"};
  ASSERT_TRUE(client.command(locked, session_use::required));
  EXPECT_EQ(server.seen().at(1).target, "/v1/sessions");
  EXPECT_EQ(server.seen().at(2).header("X-Session-Id"), "s-9");
  EXPECT_EQ(store().load("alice")->grace_ms, 500);
}

TEST_F(booking_sessions, a_lease_that_is_asked_for_opens_one) {
  scripted_server server(succeed);
  booking_client client = client_of(server);
  client.set_leases({.lease_ms = 1'000, .grace_ms = 500});
  booking_request request = reserve();
  ASSERT_TRUE(client.command(request, session_use::if_kept));
  EXPECT_EQ(server.seen().at(0).body, nlohmann::json({{"lease_ms", 1'000}, {"grace_ms", 500}}));
  EXPECT_EQ(server.seen().at(1).header("X-Session-Id"), "s-9");
}

TEST_F(booking_sessions, one_that_the_state_machine_has_ended_is_forgotten) {
  scripted_server server([](std::size_t, const seen_request&, httplib::Response& out) {
    answer(out, 410, {{"code", "SESSION_EXPIRED"}, {"message", "over"}, {"outcome", "definite"}});
  });
  ASSERT_TRUE(store().save(session(0)));
  booking_client client = client_of(server);
  booking_request request = reserve();
  const auto outcome = client.command(request, session_use::if_kept);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->is_success);
  EXPECT_FALSE(store().load("alice"));
}

}  // namespace
}  // namespace marquee::cli
