#pragma once

#include "broker/broker_services.h"
#include "broker/request_context.h"
#include "kafka/api/init_producer_id.h"
#include "net/task.h"

namespace marquee::broker {

/// InitProducerId, versions 0 to 5: a fresh id from this broker's reserve, epoch 0. Transactions are refused.
class producer_id_handler {
 public:
  explicit producer_id_handler(broker_services& services) : services_(services) {}
  [[nodiscard]] net::task<kafka::init_producer_id_response> handle(kafka::init_producer_id_request request,
                                                                   request_context context) const;

 private:
  broker_services& services_;
};

}  // namespace marquee::broker
