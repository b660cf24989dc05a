#pragma once

#include "broker/broker_services.h"
#include "broker/request_context.h"
#include "kafka/api/metadata.h"
#include "net/task.h"

namespace marquee::broker {

/// Metadata, versions 0 to 12, from what the controller last told this broker; needs nobody else. Topics are
/// never created by asking for them.
class metadata_handler {
 public:
  explicit metadata_handler(broker_services& services) : services_(services) {}
  [[nodiscard]] net::task<kafka::metadata_response> handle(kafka::metadata_request request,
                                                           request_context context) const;

 private:
  broker_services& services_;
};

}  // namespace marquee::broker
