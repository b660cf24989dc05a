#pragma once

#include "broker/broker_services.h"
#include "broker/request_context.h"
#include "kafka/api/produce.h"
#include "net/task.h"

namespace marquee::broker {

/// Produce, versions 3 to 11: checks each partition's batches, hands them to the partitions in the order of
/// arrival, and answers when all are committed or the request's time is up.
class produce_handler {
 public:
  explicit produce_handler(broker_services& services) : services_(services) {}
  [[nodiscard]] net::task<kafka::produce_response> handle(kafka::produce_request request,
                                                          request_context context) const;

 private:
  broker_services& services_;
};

}  // namespace marquee::broker
