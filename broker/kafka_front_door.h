#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>

#include "base/result.h"
#include "broker/kafka_connection.h"
#include "net/listener_options.h"
#include "net/stream.h"

namespace marquee::broker {

/// The broker's Kafka listener with its connections, on one loop. Made and stopped by the broker process.
class kafka_front_door {
 public:
  /// Errors as for net::listener::listen.
  [[nodiscard]] static result<std::unique_ptr<kafka_front_door>> open(net::event_loop& loop,
                                                                      const net::listener_options& where,
                                                                      broker_services& services);
  ~kafka_front_door();
  kafka_front_door(const kafka_front_door&) = delete;
  kafka_front_door& operator=(const kafka_front_door&) = delete;

  [[nodiscard]] std::uint16_t port() const { return listener_->port(); }
  /// Takes no new connections and requests, ends long polls, waits up to `grace_ms` for the answers of what
  /// is under way, and closes everything. Not from the loop. Twice is harmless.
  void stop(std::int64_t grace_ms = 0);

 private:
  kafka_front_door(net::event_loop& loop, broker_services& services);

  net::event_loop& loop_;
  broker_services& services_;
  request_dispatcher dispatcher_;
  request_budget budget_;
  std::stop_source stopping_;
  std::unique_ptr<net::listener> listener_;
};

}  // namespace marquee::broker
