#include "booking_app/front_end/audit_route.h"
#include "booking_app/front_end/page_routes.h"
#include "booking_app/front_end/stream_route.h"
#include "net/http_body_source.h"
#include "read_side.h"

namespace marquee::booking {
namespace {

class history_routes_test : public read_side {
 protected:
  void add_routes() override {
    add_audit_routes(*router, *context);
    add_stream_routes(*router, *context);
    add_page_routes(*router);
  }
  std::string next(const net::http_response& response) {
    std::string piece;
    loop.spawn_and_wait([&]() -> net::task<> {
      piece = (co_await response.source->next(ended.get_token())).value_or("end");
    });
    return piece;
  }
  std::stop_source ended;
};

TEST_F(history_routes_test, the_audit_tells_the_history_of_a_seat_and_of_a_client) {
  add_show("S1");
  add_show("S2");
  reserve("ann", "S1", "1A");
  reserve("bob", "S1", "1A");
  reserve("bob", "S2", "1A");
  const json of_seat = get_json("/v1/audit?show=S1&seat=1A");
  EXPECT_EQ(of_seat["status"], "success");
  ASSERT_EQ(of_seat["entries"].size(), 2U);
  EXPECT_EQ(of_seat["entries"][0]["client_id"], "ann");
  EXPECT_EQ(of_seat["entries"][1]["code"], "SEAT_TAKEN");
  EXPECT_EQ(of_seat["next_offset"], 5);
  EXPECT_EQ(get_json("/v1/audit?client=bob")["entries"].size(), 2U);
  EXPECT_EQ(get_json("/v1/audit?client=bob&from_offset=4")["entries"].size(), 1U);
  EXPECT_EQ(get_json("/v1/audit?seat=9Z")["entries"].size(), 0U);
  EXPECT_EQ(get("/v1/audit?seats=1A").status, 400);
  EXPECT_EQ(get("/v1/audit?from_offset=x").status, 400);
}

TEST_F(history_routes_test, the_audit_comes_in_pages) {
  add_show("S1");
  for (const char* seat : {"1A", "1B", "1C", "2A"}) reserve("ann", "S1", seat);
  std::vector<std::int64_t> offsets;
  std::int64_t from = 0;
  for (bool more = true; more;) {
    const json page = get_json("/v1/audit?client=ann&limit=3&from_offset=" + std::to_string(from));
    for (const json& entry : page["entries"]) offsets.push_back(entry["offset"]);
    from = page["next_offset"];
    more = page["more"];
  }
  EXPECT_EQ(offsets, (std::vector<std::int64_t>{1, 2, 3, 4}));
}

TEST_F(history_routes_test, the_audit_survives_a_restart_with_and_without_a_snapshot) {
  add_show("S1");
  reserve("ann", "S1", "1A");
  auto copy = machine::from_snapshot(as_bytes(observed->snapshot()));
  reserve("bob", "S1", "1A");
  const json before = get_json("/v1/audit?show=S1")["entries"];
  open(std::move(*copy));
  EXPECT_EQ(get_json("/v1/audit?show=S1")["entries"], before);
  open();
  EXPECT_EQ(get_json("/v1/audit?show=S1")["entries"], before);
}

TEST_F(history_routes_test, a_history_that_is_lost_is_made_again_from_the_log) {
  add_show("S1");
  reserve("ann", "S1", "1A");
  const json before = get_json("/v1/audit?show=S1")["entries"];
  auto copy = machine::from_snapshot(as_bytes(observed->snapshot()));
  loop.run_and_wait([&] {
    context.reset();
    observed.reset();
    followers.reset();
  });
  std::filesystem::remove(folder + "/history");
  open(std::move(*copy));
  EXPECT_EQ(get_json("/v1/audit?show=S1")["entries"], before);
}

TEST_F(history_routes_test, a_stream_goes_on_where_it_was_after_a_restart) {
  add_show("S1");
  reserve("ann", "S1", "1A");
  reserve("ann", "S1", "1B");
  auto copy = machine::from_snapshot(as_bytes(observed->snapshot()));
  open(std::move(*copy));
  const auto stream = get("/v1/stream?shows=S1", {{"Last-Event-ID", "1"}});
  EXPECT_EQ(stream.headers.get("Content-Type"), "text/event-stream");
  EXPECT_EQ(next(stream), "retry: 1000\nid: 1\n\n");
  const std::string piece = next(stream);
  EXPECT_TRUE(piece.starts_with("id: 2\nevent: seat\n")) << piece;
  EXPECT_FALSE(piece.contains("id: 1\n")) << piece;
}

TEST_F(history_routes_test, a_stream_is_asked_for_by_shows_and_offset) {
  EXPECT_EQ(get("/v1/stream?shows=S1,S2&last_event_id=-1").status, 200);
  EXPECT_EQ(get("/v1/stream").status, 200);
  EXPECT_EQ(get("/v1/stream?shows=S%201").status, 400);
  EXPECT_EQ(get("/v1/stream?last_event_id=now").status, 400);
  EXPECT_EQ(get("/v1/stream", {{"Last-Event-ID", ""}}).status, 400);
  EXPECT_EQ(get("/v1/stream?show=S1").status, 400);
}

TEST_F(history_routes_test, the_page_is_there_with_its_types_and_its_policy) {
  const auto page = get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.headers.get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_TRUE(
      page.headers.get("Content-Security-Policy").starts_with("default-src 'none'; script-src 'self';"));
  EXPECT_EQ(page.headers.get("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(page.headers.get("Referrer-Policy"), "no-referrer");
  EXPECT_EQ(get("/index.html").body, page.body);
  const std::string tag(page.headers.get("ETag"));
  EXPECT_EQ(get("/", {{"If-None-Match", tag}}).status, 304);
  ASSERT_FALSE(page_files().empty());
  for (const page_file& file : page_files()) {
    const auto response = get("/" + std::string(file.path));
    EXPECT_EQ(response.body, file.content);
    EXPECT_NE(response.headers.get("Content-Type"), "application/octet-stream") << file.path;
  }
  EXPECT_EQ(get("/nothing.js").status, 404);
}

}  // namespace
}  // namespace marquee::booking
