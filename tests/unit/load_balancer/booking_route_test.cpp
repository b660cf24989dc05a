#include "load_balancer/booking_route.h"

#include <gtest/gtest.h>

namespace marquee::load_balancer {
namespace {

constexpr std::size_t kept = 1'000;
using kind = booking_route::kind;

booking_route route(std::string method, std::string target, net::http_headers headers = {},
                    std::string body = "") {
  net::http_request request{.method = std::move(method),
                            .target = std::move(target),
                            .headers = std::move(headers),
                            .body = std::move(body)};
  EXPECT_TRUE(net::split_target(request));
  return booking_route_of(request, kept);
}

TEST(booking_route, forwards_what_is_below_the_prefix_without_it) {
  EXPECT_EQ(route("GET", "/booking/v1/shows?movie=a%2Fb&x").target, "/v1/shows?movie=a%2Fb&x");
  EXPECT_EQ(route("GET", "/booking/").target, "/");
  EXPECT_EQ(route("GET", "/booking//x").target, "//x");
  EXPECT_EQ(route("GET", "http://h:1/booking/v1/shows").target, "/v1/shows");
  for (const char* path : {"/booking/", "/booking/v1/health", "/booking/index.html", "/booking/readyness"})
    EXPECT_EQ(route("GET", path).what, kind::forward) << path;
}

TEST(booking_route, leaves_everything_else_to_others) {
  for (const char* path :
       {"/", "/topics", "/bookings", "/bookingv1", "/Booking/", "/%62ooking/", "//booking/"})
    EXPECT_EQ(route("GET", path).what, kind::elsewhere) << path;
}

TEST(booking_route, sends_a_reader_without_the_last_slash_to_the_page) {
  EXPECT_EQ(route("GET", "/booking").what, kind::redirect);
  EXPECT_EQ(route("HEAD", "/booking?show=S1").target, "/booking/?show=S1");
  EXPECT_EQ(route("POST", "/booking").what, kind::hidden);
}

TEST(booking_route, hides_what_is_for_operators) {
  for (const char* path : {"/booking/metrics", "/booking/health", "/booking/ready", "/booking/internal/x",
                           "/booking/%6detrics", "/booking/internal", "/booking/metrics?x=1"})
    EXPECT_EQ(route("GET", path).what, kind::hidden) << path;
}

TEST(booking_route, sends_again_what_is_read_or_has_a_number_or_key) {
  const net::http_headers keyed{{"idempotency-key", "k"}};
  const net::http_headers numbered{{"X-Client-Seq", "7"}};
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    EXPECT_EQ(route(method, "/booking/v1/x").resend, resend_safety::only_if_not_sent) << method;
    EXPECT_EQ(route(method, "/booking/v1/x", keyed).resend, resend_safety::safe) << method;
    EXPECT_EQ(route(method, "/booking/v1/x", numbered).resend, resend_safety::safe) << method;
  }
  EXPECT_EQ(route("GET", "/booking/v1/x").resend, resend_safety::safe);
  EXPECT_EQ(route("HEAD", "/booking/v1/x").resend, resend_safety::safe);
  EXPECT_EQ(route("POST", "/booking/v1/x", keyed, std::string(kept + 1, 'x')).resend,
            resend_safety::only_if_not_sent);
}

TEST(booking_route, knows_whose_it_is) {
  EXPECT_EQ(route("GET", "/booking/v1/shows", {{"x-client-id", "alice"}}).client_id, "alice");
  EXPECT_EQ(route("GET", "/booking/v1/shows").client_id, "");
}

}  // namespace
}  // namespace marquee::load_balancer
