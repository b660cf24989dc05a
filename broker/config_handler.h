#pragma once

#include "broker/broker_services.h"
#include "broker/request_context.h"
#include "kafka/api/describe_configs.h"
#include "net/task.h"

namespace marquee::broker {

/// DescribeConfigs, versions 1 to 4: of topics, and of this broker. Nothing can be changed this way.
class config_handler {
 public:
  explicit config_handler(broker_services& services) : services_(services) {}
  [[nodiscard]] net::task<kafka::describe_configs_response> handle(kafka::describe_configs_request request,
                                                                   request_context context) const;

 private:
  using described = kafka::describe_configs_response::result_of_resource;
  void describe_topic(described& told) const;
  void describe_broker(described& told) const;

  broker_services& services_;
};

}  // namespace marquee::broker
