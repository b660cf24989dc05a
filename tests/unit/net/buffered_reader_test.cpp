#include "net/buffered_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <numeric>

#include "net/event_loop.h"

namespace marquee::net {
namespace {

class buffered_reading : public ::testing::Test {
 protected:
  ~buffered_reading() override {
    if (server) server->stop();
  }
  /// Somebody connects, sends all of this in writes of `at_once` bytes, and closes.
  void send(const bytes& sent, std::size_t at_once) {
    auto started = listener::listen(loop, listener_options{}, [sent, at_once](stream to) -> task<> {
      // The reader may stop before it has read everything.
      for (std::size_t at = 0; at < sent.size(); at += at_once)
        if (!co_await to.write(bytes_view(sent).subspan(at, std::min(at_once, sent.size() - at)),
                               deadline::in_ms(20'000)))
          co_return;
    });
    ASSERT_TRUE(started.has_value());
    server = std::move(*started);
  }
  void with_reader(std::function<task<>(buffered_reader&)> work) {
    loop.spawn_and_wait([this, &work]() -> task<void> {
      auto client = co_await connect({"127.0.0.1", server->port()}, deadline::in_ms(5'000));
      EXPECT_TRUE(client.has_value());
      if (!client) co_return;
      buffered_reader reader(*client);
      co_await work(reader);
    });
  }

  event_loop loop{"test"};
  std::unique_ptr<listener> server;
};

TEST_F(buffered_reading, gives_every_byte_once_and_in_order_however_messages_are_cut) {
  bytes sent(700'000);
  std::iota(sent.begin(), sent.end(), 0);
  for (const std::size_t at_once : {std::size_t{700'000}, std::size_t{9'999}}) {
    send(sent, at_once);
    with_reader([&](buffered_reader& reader) -> task<> {
      std::size_t position = 0;
      // Lengths and bodies below, around and far above the buffer's sizes.
      for (const std::size_t size :
           {4, 9000, 4, 100, 16, 511, 512, 513, 65'535, 65'536, 65'537, 4, 300'000, 1}) {
        bytes part(size);
        EXPECT_TRUE(co_await reader.read_exactly(part, deadline::in_ms(20'000))) << position;
        EXPECT_TRUE(std::ranges::equal(part, bytes_view(sent).subspan(position, size))) << position;
        position += size;
      }
    });
    server->stop();
  }
}

TEST_F(buffered_reading, says_that_the_other_side_closed_within_a_message) {
  send(bytes(10), 10);
  with_reader([&](buffered_reader& reader) -> task<> {
    std::array<std::uint8_t, 4> four{};
    EXPECT_TRUE(co_await reader.read_exactly(four, deadline::in_ms(20'000)));
    bytes more(7);
    const result<> cut = co_await reader.read_exactly(more, deadline::in_ms(20'000));
    EXPECT_FALSE(cut.has_value());
    EXPECT_EQ(cut.error().code, error_code::unavailable);
  });
}

}  // namespace
}  // namespace marquee::net
