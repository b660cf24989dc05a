#pragma once

#include "broker/broker_services.h"
#include "broker/request_context.h"
#include "kafka/api/list_offsets.h"
#include "net/task.h"

namespace marquee::broker {

/// ListOffsets, versions 1 to 7. "Latest" is the high watermark behind a read barrier (DESIGN D13).
class list_offsets_handler {
 public:
  explicit list_offsets_handler(broker_services& services) : services_(services) {}
  [[nodiscard]] net::task<kafka::list_offsets_response> handle(kafka::list_offsets_request request,
                                                               request_context context) const;

 private:
  broker_services& services_;
};

}  // namespace marquee::broker
