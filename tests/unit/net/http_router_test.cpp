#include "net/http_router.h"

#include <gmock/gmock.h>

#include "net/process_routes.h"
#include "tests/unit/net/http_server_fixture.h"

namespace marquee::net {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::status_of;

class http_router_test : public testing::http_server_fixture {
 protected:
  static http_handler says(std::string text) {
    return [text](http_exchange& exchange) -> task<http_response> {
      co_return text_response(text + ":" + std::string(exchange.path_parameter("topic")));
    };
  }
  http_router router{"test/router"};
};

TEST_F(http_router_test, finds_literal_segments_before_parameters) {
  router.add("GET", "/topics/{topic}", says("one"));
  router.add("GET", "/topics/special", says("special"));
  router.add("GET", "/topics/{topic}/partitions", says("partitions"));
  start(router.as_handler());
  EXPECT_THAT(answer_to("GET /topics/orders HTTP/1.1\r\nHost: t\r\n\r\n"), HasSubstr("one:orders"));
  EXPECT_THAT(answer_to("GET /topics/special?x=1 HTTP/1.1\r\nHost: t\r\n\r\n"), HasSubstr("special:"));
  EXPECT_THAT(answer_to("GET /topics/a%2Eb/partitions HTTP/1.1\r\nHost: t\r\n\r\n"),
              HasSubstr("partitions:a.b"));
  EXPECT_EQ(status_of(answer_to("GET /topics/ HTTP/1.1\r\nHost: t\r\n\r\n")), 404);
  EXPECT_EQ(status_of(answer_to("GET /topics/a/b/c HTTP/1.1\r\nHost: t\r\n\r\n")), 404);
  EXPECT_EQ(status_of(answer_to("OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n")), 404);
}

TEST_F(http_router_test, answers_other_methods_with_405_and_allow) {
  router.add("GET", "/topics", says("list"));
  router.add("POST", "/topics", says("create"));
  start(router.as_handler());
  for (const char* method : {"DELETE", "OPTIONS", "BREW", "get"}) {
    const std::string answer = answer_to(std::string(method) + " /topics HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_EQ(status_of(answer), 405) << method;
    EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD, POST\r\n"));
    EXPECT_THAT(answer, HasSubstr("METHOD_NOT_ALLOWED"));
    EXPECT_THAT(answer, HasSubstr("test/router"));
  }
}

TEST_F(http_router_test, refuses_query_fields_that_no_handler_reads) {
  router.add("GET", "/strict", says("strict"), query_use::none);
  router.add("GET", "/free", says("free"));
  start(router.as_handler());
  const std::string refused = answer_to("GET /strict?dry_run=true HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(status_of(refused), 400);
  EXPECT_THAT(refused, HasSubstr(R"("pointer":"/dry_run")"));
  EXPECT_EQ(status_of(answer_to("GET /strict?x_dry_run=true HTTP/1.1\r\nHost: t\r\n\r\n")), 200);
  EXPECT_EQ(status_of(answer_to("GET /strict HTTP/1.1\r\nHost: t\r\n\r\n")), 200);
  EXPECT_EQ(status_of(answer_to("GET /free?dry_run=true HTTP/1.1\r\nHost: t\r\n\r\n")), 200);
}

TEST_F(http_router_test, lists_its_routes) {
  router.add("POST", "/b/{topic}", says(""));
  router.add("GET", "/a", says(""));
  EXPECT_THAT(router.routes(), ElementsAre("GET /a", "POST /b/{topic}"));
}

TEST_F(http_router_test, serves_health_ready_and_metrics) {
  metrics_registry metrics;
  metrics.counter("marquee_test_total", "A test.").add(3);
  bool is_ready = false;
  add_process_routes(router, "test/router", metrics, [&]() -> result<> {
    if (is_ready) return {};
    return fail(error_code::unavailable, "no \"friends\" yet");
  });
  start(router.as_handler());
  EXPECT_EQ(status_of(answer_to("GET /health HTTP/1.1\r\nHost: t\r\n\r\n")), 200);
  const std::string not_ready = answer_to("GET /ready HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(status_of(not_ready), 503);
  EXPECT_THAT(not_ready, HasSubstr(R"(no \"friends\" yet)"));
  EXPECT_THAT(not_ready, HasSubstr("Retry-After: 1"));
  is_ready = true;
  EXPECT_EQ(status_of(answer_to("GET /ready HTTP/1.1\r\nHost: t\r\n\r\n")), 200);
  EXPECT_THAT(answer_to("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n"), HasSubstr("marquee_test_total 3"));
}

}  // namespace
}  // namespace marquee::net
