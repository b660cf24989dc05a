#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "kafka/byte_chain.h"
#include "kafka/request_header.h"
#include "net/event_loop.h"
#include "net/stream.h"

namespace marquee::kafka {

/// A broker for tests: reads requests on a real socket and answers each with what `answer` gives. Nothing: it
/// stays silent. An empty message: it closes the connection.
class fake_broker {
 public:
  using answer_function =
      std::function<std::optional<wire_message>(const request_header& header, wire_reader& body)>;

  fake_broker(net::event_loop& loop, answer_function answer);
  ~fake_broker();

  [[nodiscard]] std::uint16_t port() const { return listener_->port(); }
  [[nodiscard]] int connections_accepted() const { return connections_; }
  void stop() { listener_->stop(); }

  std::atomic<std::int64_t> answer_after_ms = 0;

 private:
  net::task<void> serve(net::stream connection);

  answer_function answer_;
  std::atomic<int> connections_ = 0;
  std::unique_ptr<net::listener> listener_;
};

}  // namespace marquee::kafka
