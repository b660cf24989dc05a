#pragma once

#include <atomic>

#include "broker/broker_services.h"
#include "broker/request_context.h"
#include "kafka/api/fetch.h"
#include "net/task.h"

namespace marquee::broker {

/// Fetch, versions 4 to 12: goes through the partitions in the order of the request, and waits for `minBytes`
/// or `maxWaitMs`. Answers at once when any partition has an error. Sessions are declined (session id 0).
class fetch_handler {
 public:
  explicit fetch_handler(broker_services& services) : services_(services) {}
  [[nodiscard]] net::task<kafka::fetch_response> handle(kafka::fetch_request request,
                                                        request_context context);

 private:
  broker_services& services_;
  std::atomic<std::uint64_t> next_waiter_{1};
};

}  // namespace marquee::broker
