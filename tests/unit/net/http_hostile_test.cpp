// What must never happen, whatever arrives: a crash, a hang, a request that was smuggled in.
#include <gmock/gmock.h>

#include <thread>

#include "base/random.h"
#include "tests/unit/net/http_server_fixture.h"

namespace marquee::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::raw_client;
using testing::status_of;

class http_hostile : public testing::http_server_fixture {
 protected:
  http_hostile() {
    options.header_timeout_ms = 100;
    options.body_timeout_ms = 100;
    start(mirror);
  }
};

TEST_F(http_hostile, refuses_ambiguous_framing_with_400_and_closes) {
  const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n";
  for (const std::string fields :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n", "Content-Length: -1\r\n", "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n", "Content-Length: 5 5\r\n", "Content-Length: \r\n",
        "Transfer-Encoding: gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n", "Content-Length : 5\r\n", "Transfer-Encoding: identity\r\n",
        "Content-Length: 99999999999999999999\r\n"}) {
    const std::string answer = answer_to("POST /p HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + smuggled);
    EXPECT_EQ(status_of(answer), 400) << fields << answer;
    EXPECT_THAT(answer, Not(HasSubstr("smuggled"))) << fields;
    EXPECT_THAT(answer, HasSubstr("Connection: close")) << fields;
  }
}

TEST_F(http_hostile, takes_the_last_chunk_byte_by_byte) {
  const std::string request = "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string body : {"0\r\n\r\n", "1\r\nx\r\n0\r\n\r\n", "0\r\nA: b\r\n\r\n"}) {
    raw_client client(server->port());
    client.send(request);
    for (const char c : body) {
      std::this_thread::yield();
      client.send(std::string_view(&c, 1));
    }
    EXPECT_EQ(status_of(client.read_until("]\n")), 200) << body;
  }
}

TEST_F(http_hostile, refuses_bad_chunks_with_400) {
  for (const std::string body :
       {"x\r\n", "-1\r\nab\r\n0\r\n\r\n", "5\r\nabc\r\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n",
        "fffffffffffffffff\r\nab", "3\r\nabcX\r\n0\r\n\r\n", "\r\n", "0x3\r\nabc\r\n0\r\n\r\n"}) {
    const std::string answer =
        answer_to("POST /p HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
    EXPECT_THAT(answer, Not(HasSubstr("HTTP/1.1 200"))) << body;
  }
  EXPECT_EQ(
      status_of(answer_to("POST /p HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\nab")),
      413);
  EXPECT_EQ(status_of(answer_to("POST /p HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3;" +
                                std::string(100'000, 'x'))),
            400);
  EXPECT_EQ(status_of(answer_to("POST /p HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")), 400);
}

TEST_F(http_hostile, refuses_oversized_header_sections_with_431) {
  EXPECT_EQ(status_of(answer_to("GET /" + std::string(70'000, 'a') + " HTTP/1.1\r\nHost: t\r\n\r\n")), 431);
  EXPECT_EQ(status_of(answer_to("GET / HTTP/1.1\r\nHost: t\r\nX: " + std::string(70'000, 'a') + "\r\n\r\n")),
            431);
  std::string many = "GET / HTTP/1.1\r\nHost: t\r\n";
  for (int i = 0; i < 300; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  EXPECT_EQ(status_of(answer_to(many + "\r\n")), 431);
  std::string spread = "GET / HTTP/1.1\r\nHost: t\r\n";
  for (int i = 0; i < 70; ++i) spread += "X-" + std::to_string(i) + ": " + std::string(1000, 'y') + "\r\n";
  EXPECT_EQ(status_of(answer_to(spread + "\r\n")), 431);
  EXPECT_EQ(status_of(answer_to("GET / HTTP/1.1\r\nHost: t\r\nX: " + std::string(60'000, 'a') + "\r\n\r\n")),
            200);
}

TEST_F(http_hostile, refuses_lengths_of_two_gigabytes_at_once) {
  for (const char* length :
       {"2147483647", "2147483648", "4294967296", "9223372036854775807", "18446744073709551615"}) {
    raw_client client(server->port());
    client.send(std::string("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: ") + length + "\r\n\r\n");
    EXPECT_EQ(status_of(client.read_until("}")), 413) << length;
  }
}

TEST_F(http_hostile, refuses_what_is_not_http) {
  for (const std::string text :
       {"\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n",
        "G\x01T / HTTP/1.1\r\nHost: t\r\n\r\n", "GET / HTTP/1.1\r\nHost: t\r\n: empty\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: t\r\nA\x01: b\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"})
    EXPECT_EQ(status_of(answer_to(text)), 400) << text;
  EXPECT_EQ(status_of(answer_to("GET /%zz HTTP/1.1\r\nHost: t\r\n\r\n")), 400);
  EXPECT_EQ(status_of(answer_to("GET /a%00b HTTP/1.1\r\nHost: t\r\n\r\n")), 400);
  EXPECT_EQ(status_of(answer_to("GET /?a=%f HTTP/1.1\r\nHost: t\r\n\r\n")), 400);
}

TEST_F(http_hostile, survives_random_bytes) {
  const std::uint64_t seed = system_seed();
  random_source random(seed);
  for (int round = 0; round < 200; ++round) {
    std::string noise(1 + random.below(2000), '\0');
    for (char& c : noise) c = static_cast<char>(random.next());
    raw_client client(server->port());
    client.send(noise);
    client.finish_sending();
    client.read_all();
    ASSERT_FALSE(client.timed_out()) << "random_source seed " << seed << ", round " << round;
  }
  EXPECT_EQ(status_of(answer_to("GET / HTTP/1.1\r\nHost: t\r\n\r\n")), 200);
}

TEST_F(http_hostile, survives_cut_and_flipped_requests) {
  const std::string good =
      "POST /p?a=b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX-Request-Id: "
      "1\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    const std::string answer = answer_to(good.substr(0, cut));
    EXPECT_THAT(answer, Not(HasSubstr("HTTP/1.1 200"))) << cut;
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string flipped = good;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x15);
    answer_to(flipped);
  }
  EXPECT_THAT(answer_to(good), HasSubstr("[hello]"));
}

TEST_F(http_hostile, forgets_clients_that_vanish_in_the_middle) {
  for (int i = 0; i < 50; ++i) {
    raw_client client(server->port());
    client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\nabc");
    client.reset();
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (server->connections() > 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_EQ(server->connections(), 0U);
}

}  // namespace
}  // namespace marquee::net
