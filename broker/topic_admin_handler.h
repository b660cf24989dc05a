#pragma once

#include "broker/broker_services.h"
#include "broker/request_context.h"
#include "kafka/api/create_topics.h"
#include "kafka/api/delete_topics.h"
#include "net/task.h"

namespace marquee::broker {

/// CreateTopics, versions 2 to 7, and DeleteTopics, versions 1 to 6: handed to a write manager over HTTP; a
/// success is answered when this broker knows of it too and every partition has a leader.
class topic_admin_handler {
 public:
  explicit topic_admin_handler(broker_services& services) : services_(services) {}
  [[nodiscard]] net::task<kafka::create_topics_response> handle(kafka::create_topics_request request,
                                                                request_context context) const;
  [[nodiscard]] net::task<kafka::delete_topics_response> handle(kafka::delete_topics_request request,
                                                                request_context context) const;

 private:
  net::task<kafka::create_topics_response::topic> create(kafka::create_topics_request::topic wanted,
                                                         bool validate_only, net::deadline end,
                                                         std::stop_token gone) const;
  net::task<kafka::delete_topics_response::topic> remove(kafka::delete_topics_request::topic wanted,
                                                         net::deadline end, std::stop_token gone) const;
  [[nodiscard]] bool is_served(const std::string& name) const;

  broker_services& services_;
};

}  // namespace marquee::broker
