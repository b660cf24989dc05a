#pragma once

#include "broker/broker_services.h"
#include "broker/request_context.h"
#include "broker/topic_client.h"
#include "kafka/api/create_topics.h"
#include "kafka/api/delete_topics.h"
#include "net/task.h"

namespace marquee::broker {

/// CreateTopics, versions 2 to 7, and DeleteTopics, versions 1 to 6: handed to a write manager over HTTP; a
/// success is answered when this broker knows of it too and every partition has a leader. Errors belong to
/// one topic each. Where replicas go is not for clients to say: manual assignments are refused.
class topic_admin_handler {
 public:
  explicit topic_admin_handler(broker_services& services) : services_(services), topics_(services) {}
  [[nodiscard]] net::task<kafka::create_topics_response> handle(kafka::create_topics_request request,
                                                                request_context context) const;
  [[nodiscard]] net::task<kafka::delete_topics_response> handle(kafka::delete_topics_request request,
                                                                request_context context) const;

 private:
  struct plan;
  [[nodiscard]] plan check(const kafka::create_topics_request::topic& wanted) const;
  net::task<kafka::create_topics_response::topic> create(kafka::create_topics_request::topic wanted,
                                                         bool validate_only, net::deadline end,
                                                         std::stop_token gone) const;
  net::task<kafka::delete_topics_response::topic> remove(kafka::delete_topics_request::topic wanted,
                                                         net::deadline end, std::stop_token gone) const;

  broker_services& services_;
  topic_client topics_;
};

}  // namespace marquee::broker
