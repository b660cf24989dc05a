#include <gmock/gmock.h>

#include <future>

#include "tests/unit/net/http_server_fixture.h"

namespace marquee::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::raw_client;

using http_server_stop = testing::http_server_fixture;

TEST_F(http_server_stop,
       serves_on_after_the_announcement_and_says_on_each_connection_that_it_is_the_last_time) {
  start(mirror);
  raw_client known(server->port());
  known.send("GET /a HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_THAT(known.read_until("[]\n"), Not(HasSubstr("X-Marquee-Stopping")));
  known.forget();
  server->announce_stop();
  known.send("GET /b HTTP/1.1\r\nHost: t\r\n\r\n");
  const std::string last = known.read_all();
  EXPECT_THAT(last, HasSubstr("GET /b []"));
  EXPECT_THAT(last, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(last, HasSubstr("X-Marquee-Stopping: true\r\n"));
  EXPECT_FALSE(known.timed_out());
  EXPECT_THAT(answer_to("GET /new HTTP/1.1\r\nHost: t\r\n\r\n"), HasSubstr("GET /new []"));
}

TEST_F(http_server_stop, is_unused_as_soon_as_the_last_client_has_gone) {
  start(mirror);
  raw_client client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  client.read_until("[]\n");
  EXPECT_FALSE(server->wait_until_unused(1));
  client.close();
  EXPECT_TRUE(server->wait_until_unused(10'000));
}

TEST_F(http_server_stop, answers_what_came_over_connections_that_it_had_not_accepted_yet) {
  start(mirror);
  std::promise<void> held;
  loop.post([&] { held.get_future().wait(); });  // so that nothing is accepted meanwhile
  raw_client client(server->port());
  client.send("GET /waiting HTTP/1.1\r\nHost: t\r\n\r\n");
  std::thread stopping([&] { server->stop(10'000); });
  held.set_value();
  EXPECT_THAT(client.read_all(), HasSubstr("GET /waiting []"));
  stopping.join();
}

}  // namespace
}  // namespace marquee::net
