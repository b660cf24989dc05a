#include "booking_app/front_end/read_routes.h"

#include "read_side.h"

namespace marquee::booking {
namespace {

class read_routes_test : public read_side {
 protected:
  void add_routes() override { add_read_routes(*router, *context); }
};

TEST_F(read_routes_test, shows_say_at_which_offset_they_are) {
  add_show("S1");
  reserve("ann", "S1", "1A");
  const auto response = get("/v1/shows");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("X-Offset"), "1");
  EXPECT_TRUE(response.headers.has("X-State-Age-Ms"));
  const json answer = json::parse(response.body);
  EXPECT_EQ(answer["status"], "success");
  EXPECT_EQ(answer["offset"], 1);
  ASSERT_EQ(answer["shows"].size(), 1U);
  EXPECT_EQ(answer["shows"][0]["free"], 5);
  EXPECT_EQ(answer["shows"][0]["booked"], 1);
}

TEST_F(read_routes_test, shows_are_filtered) {
  add_show("S1");
  EXPECT_EQ(get_json("/v1/shows?movie=Dune")["shows"].size(), 1U);
  EXPECT_EQ(get_json("/v1/shows?movie=Alien")["shows"].size(), 0U);
  EXPECT_EQ(get_json("/v1/shows?from=9000000000001")["shows"].size(), 0U);
  EXPECT_EQ(get_json("/v1/shows?available=true")["shows"].size(), 1U);
  EXPECT_EQ(get("/v1/shows?from=tomorrow").status, 400);
  EXPECT_EQ(get("/v1/shows?color=red").status, 400);
  EXPECT_EQ(get("/v1/shows?consistency=perfect").status, 400);
  EXPECT_EQ(get("/v1/shows?min_offset=-1").status, 400);
}

TEST_F(read_routes_test, a_seat_map_knows_its_asker) {
  add_show("S1");
  reserve("ann", "S1", "1B");
  const json of_ann = get_json("/v1/shows/S1/seats", {{"X-Client-Id", "ann"}});
  EXPECT_EQ(of_ann["status"], "success");
  EXPECT_EQ(of_ann["show_status"], "OPEN");
  EXPECT_EQ(of_ann["seats"][1]["state"], "BOOKED");
  EXPECT_TRUE(of_ann["seats"][1]["mine"]);
  EXPECT_FALSE(get_json("/v1/shows/S1/seats", {{"X-Client-Id", "bob"}})["seats"][1]["mine"]);
  EXPECT_FALSE(get_json("/v1/shows/S1/seats")["seats"][1]["mine"]);
  EXPECT_EQ(get("/v1/shows/S9/seats").status, 404);
  EXPECT_EQ(get("/v1/shows/S1/seats", {{"X-Client-Id", "_fe-1"}}).status, 400);
}

TEST_F(read_routes_test, an_equal_version_is_an_equal_map_and_need_not_be_sent) {
  add_show("S1");
  reserve("ann", "S1", "1B");
  const auto first = get("/v1/shows/S1/seats");
  EXPECT_EQ(first.headers.get("ETag"), "\"2\"");
  EXPECT_EQ(first.headers.get("Vary"), "X-Client-Id");
  EXPECT_TRUE(first.headers.get("Cache-Control").contains("private"));
  send("ann", "session.open", json::object());
  EXPECT_EQ(get("/v1/shows/S1/seats").body, first.body) << "a strong tag promises equal bytes";
  for (const std::string tags : {"\"2\"", "W/\"2\"", "\"1\", \"2\"", "*"}) {
    const auto unchanged = get("/v1/shows/S1/seats", {{"If-None-Match", tags}});
    EXPECT_EQ(unchanged.status, 304) << tags;
    EXPECT_TRUE(unchanged.body.empty());
    EXPECT_EQ(unchanged.headers.get("ETag"), "\"2\"");
    EXPECT_EQ(unchanged.headers.get("X-Offset"), "2");
  }
  EXPECT_EQ(get("/v1/shows/S1/seats", {{"If-None-Match", "\"1\", \"22\""}}).status, 200);
  EXPECT_EQ(get("/v1/shows/S1/seats", {{"If-Match", "\"1\""}}).status, 200);
  reserve("ann", "S1", "1A");
  EXPECT_EQ(get("/v1/shows/S1/seats", {{"If-None-Match", "\"2\""}}).status, 200);
}

TEST_F(read_routes_test, a_session_is_its_owners) {
  const std::string id = "s-" + std::to_string(send("ann", "session.open", json::object()));
  EXPECT_EQ(get_json("/v1/sessions/" + id, {{"X-Client-Id", "ann"}})["state"], "ACTIVE");
  EXPECT_EQ(get_json("/v1/sessions/" + id, {{"X-Client-Id", "bob"}})["code"], "NOT_OWNER");
  EXPECT_EQ(get_json("/v1/sessions/" + id)["code"], "UNAUTHENTICATED");
  EXPECT_EQ(get_json("/v1/sessions/s-99", {{"X-Client-Id", "ann"}})["code"], "NO_SUCH_SESSION");
  send("ann", "session.close", json::object(), {{"session_id", id}});
  EXPECT_EQ(get_json("/v1/sessions/" + id, {{"X-Client-Id", "bob"}})["state"], "EXPIRED");
}

TEST_F(read_routes_test, bookings_are_those_of_the_asker) {
  add_show("S1");
  reserve("ann", "S1", "1A");
  reserve("bob", "S1", "1B");
  send("ann", "seat.cancel", {{"show_id", "S1"}, {"seats", {"1A"}}});
  EXPECT_EQ(get_json("/v1/bookings", {{"X-Client-Id", "bob"}})["bookings"].size(), 1U);
  EXPECT_EQ(get_json("/v1/bookings", {{"X-Client-Id", "ann"}})["bookings"].size(), 0U);
  const json all = get_json("/v1/bookings?state=all", {{"X-Client-Id", "ann"}});
  EXPECT_EQ(all["bookings"][0]["state"], "CANCELLED");
  EXPECT_EQ(get("/v1/bookings").status, 401);
  EXPECT_EQ(get("/v1/bookings?state=live", {{"X-Client-Id", "ann"}}).status, 400);
}

TEST_F(read_routes_test, locks_and_their_files_can_be_seen_by_all) {
  const std::string id = "s-" + std::to_string(send("ann", "session.open", json::object()));
  send("ann", "lock.acquire", {{"name", "hall 1"}}, {{"session_id", id}});
  const json lock = get_json("/v1/locks/hall%201");
  EXPECT_EQ(lock["holder"]["client_id"], "ann");
  EXPECT_EQ(lock["token"], 1);
  EXPECT_EQ(get_json("/v1/locks/hall-2")["code"], "NO_SUCH_LOCK");
  send("ann", "lock.append",
       {{"name", "hall 1"}, {"token", 1}, {"target", "notes"}, {"data_b64", "AAECPA=="}},
       {{"session_id", id}});
  send("ann", "lock.release", {{"name", "hall 1"}, {"token", 1}, {"commit", true}}, {{"session_id", id}});
  const auto file = get("/v1/lockfiles/notes");
  EXPECT_EQ(file.body, std::string("\0\1\2<", 4));
  EXPECT_EQ(file.headers.get("Content-Type"), "application/octet-stream");
  EXPECT_EQ(file.headers.get("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(get("/v1/lockfiles/nobody-wrote").status, 200);
  EXPECT_EQ(get("/v1/lockfiles/nobody-wrote").body, "");
  EXPECT_EQ(get("/v1/lockfiles/a%20b").status, 400);
}

TEST_F(read_routes_test, min_offset_waits_until_it_is_voted_on) {
  add_show("S1");
  EXPECT_EQ(get("/v1/shows?min_offset=0").status, 200);
  auto later = log.append(R"({"v":1,"type":"session.open","client_id":"ann","seq":1,"body":{}})");
  loop.post_after_ms(10, [&] {
    observed->take({later});
    observed->confirm(1, log.digest_at(1));
  });
  EXPECT_EQ(get("/v1/shows?min_offset=1").headers.get("X-Offset"), "1");
}

TEST_F(read_routes_test, min_offset_that_does_not_come_is_a_timeout) {
  asked_exchange exchange;
  exchange.request.target = "/v1/shows?min_offset=7";
  exchange.request_deadline = net::deadline::in_ms(5);
  ASSERT_TRUE(net::split_target(exchange.request).has_value());
  net::http_response response;
  loop.spawn_and_wait([&]() -> net::task<> { response = co_await router->handle(exchange); });
  EXPECT_EQ(response.status, 504);
  EXPECT_EQ(json::parse(response.body)["code"], "TIMEOUT");
}

TEST_F(read_routes_test, linearizable_without_a_log_to_ask_is_no_quorum) {
  options.load_balancers.clear();
  open();
  const auto response = get("/v1/shows?consistency=linearizable");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(json::parse(response.body)["code"], "NO_QUORUM");
  EXPECT_TRUE(response.headers.has("Retry-After"));
}

}  // namespace
}  // namespace marquee::booking
