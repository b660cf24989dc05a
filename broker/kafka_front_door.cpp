#include "broker/kafka_front_door.h"

#include <chrono>
#include <thread>
#include <utility>

#include "base/logging.h"

namespace marquee::broker {

namespace {
constexpr std::int64_t drain_poll_ms = 5;
}

kafka_front_door::kafka_front_door(net::event_loop& loop, broker_services& services)
    : loop_(loop), services_(services), dispatcher_(loop, services) {}

result<std::unique_ptr<kafka_front_door>> kafka_front_door::open(net::event_loop& loop,
                                                                 const net::listener_options& where,
                                                                 broker_services& services) {
  std::unique_ptr<kafka_front_door> door(new kafka_front_door(loop, services));
  kafka_front_door* self = door.get();
  auto listener = net::listener::listen(loop, where, [self](net::stream stream) {
    return serve_kafka_connection(std::move(stream), {self->loop_, self->dispatcher_, self->services_,
                                                      self->budget_, self->stopping_.get_token()});
  });
  if (!listener) return fail(listener);
  door->listener_ = std::move(*listener);
  log_info("broker.kafka", "serves Kafka clients on {}:{}", where.address, door->port());
  return door;
}

kafka_front_door::~kafka_front_door() {
  stop();
}

void kafka_front_door::stop(std::int64_t grace_ms) {
  if (listener_ == nullptr) return;
  listener_->stop_accepting();
  stopping_.request_stop();
  const net::deadline end = net::deadline::in_ms(grace_ms);
  while (budget_.bytes_in_flight > 0 && !end.passed())
    std::this_thread::sleep_for(std::chrono::milliseconds(drain_poll_ms));
  listener_->stop();
}

}  // namespace marquee::broker
