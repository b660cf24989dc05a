#pragma once

#include "broker/auto_topic_creator.h"
#include "broker/broker_services.h"
#include "broker/request_context.h"
#include "kafka/api/metadata.h"
#include "net/task.h"

namespace marquee::broker {

/// Metadata, versions 0 to 12, from what the controller last told this broker. Needs nobody else, except for
/// an unknown topic that the client allows to be created (all below version 4 do): then the answer waits a
/// little for it, and says LEADER_NOT_AVAILABLE if that was not enough.
class metadata_handler {
 public:
  metadata_handler(net::event_loop& loop, broker_services& services)
      : services_(services), creator_(loop, services) {}
  [[nodiscard]] net::task<kafka::metadata_response> handle(kafka::metadata_request request,
                                                           request_context context);

 private:
  net::task<> create_missing(const kafka::metadata_request& request, const request_context& context);
  [[nodiscard]] kafka::metadata_response::topic unknown(const kafka::metadata_request::topic& asked,
                                                        const kafka::metadata_request& request) const;

  broker_services& services_;
  auto_topic_creator creator_;
};

}  // namespace marquee::broker
