#pragma once

#include "broker/auto_topic_creator.h"
#include "broker/broker_services.h"
#include "broker/election_patience.h"
#include "broker/request_context.h"
#include "kafka/api/metadata.h"
#include "net/task.h"

namespace marquee::broker {

/// Metadata, versions 0 to 12, from what the controller last told this broker. Needs nobody else, except for
/// an unknown topic that the client allows to be created (all below version 4 do): then the answer waits a
/// little for it, and says LEADER_NOT_AVAILABLE if that was not enough. So does the answer about a partition
/// that has just lost its leader: librdkafka asks again only after up to a second.
class metadata_handler {
 public:
  metadata_handler(net::event_loop& loop, broker_services& services);
  [[nodiscard]] net::task<kafka::metadata_response> handle(kafka::metadata_request request,
                                                           request_context context);

 private:
  /// True: a partition that was asked for by its topic's name or id has no leader, but may have one soon.
  [[nodiscard]] bool expects_leader(const kafka::metadata_request& request);
  net::task<> wait_for_leaders(const kafka::metadata_request& request, const request_context& context);
  net::task<> create_missing(const kafka::metadata_request& request, const request_context& context);
  [[nodiscard]] kafka::metadata_response::topic unknown(const kafka::metadata_request::topic& asked,
                                                        const kafka::metadata_request& request) const;

  broker_services& services_;
  auto_topic_creator creator_;
  election_patience patience_;
};

}  // namespace marquee::broker
