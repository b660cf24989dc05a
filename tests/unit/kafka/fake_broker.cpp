#include "fake_broker.h"

#include <array>

#include "base/byte_codec.h"
#include "net/event_loop.h"

namespace marquee::kafka {

fake_broker::fake_broker(net::event_loop& loop, answer_function answer) : answer_(std::move(answer)) {
  net::listener_options options;
  options.address = "127.0.0.1";
  options.port = 0;
  options.protocol = net::listener_protocol::kafka;
  listener_ =
      std::move(*net::listener::listen(loop, options, [this](net::stream connection) -> net::task<void> {
        ++connections_;
        return serve(std::move(connection));
      }));
}

fake_broker::~fake_broker() {
  stop();
}

net::task<void> fake_broker::serve(net::stream connection) {
  for (;;) {
    std::array<std::uint8_t, 4> prefix{};
    if (result<> got = co_await connection.read_exactly(prefix); !got) co_return;
    byte_reader reader(prefix);
    bytes frame(static_cast<std::size_t>(reader.get<std::int32_t>()));
    if (result<> got = co_await connection.read_exactly(frame); !got) co_return;
    wire_reader in(shared_bytes::of(std::move(frame)));
    const result<request_header> header = request_header::decode(in);
    if (!header) co_return;
    const std::optional<wire_message> message = answer_(*header, in);
    if (!message) continue;
    if (message->empty()) co_return;
    if (answer_after_ms > 0) co_await net::sleep_ms(answer_after_ms);
    if (result<> sent = co_await connection.write(message->joined()); !sent) co_return;
  }
}

}  // namespace marquee::kafka
