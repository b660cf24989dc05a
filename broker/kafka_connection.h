#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <stop_token>

#include "broker/request_dispatcher.h"
#include "net/stream.h"
#include "net/wake_point.h"

namespace marquee::net {
class event_loop;
}

namespace marquee::broker {

/// Bytes of requests that all connections together hold; who would go over it waits (DESIGN D22).
struct request_budget {
  std::atomic<std::int64_t> bytes_in_flight{0};
  net::wake_point freed;
};

/// What the connections of a front door share.
struct connection_environment {
  net::event_loop& loop;
  request_dispatcher& dispatcher;
  broker_services& services;
  request_budget& budget;
  std::stop_token stopping;
};

/// Serves one client until it goes away or sends something that closes the connection: reads requests, lets
/// them be answered concurrently, and writes the answers in the order of the requests (kafka-protocol.md
/// section 6). On the connection's loop. Bounded by `kafka_limits`: over a bound it stops reading.
[[nodiscard]] net::task<void> serve_kafka_connection(net::stream stream, connection_environment environment);

}  // namespace marquee::broker
