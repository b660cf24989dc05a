#pragma once

#include "broker/broker_services.h"
#include "broker/request_context.h"
#include "kafka/api/describe_cluster.h"
#include "net/task.h"

namespace marquee::broker {

/// DescribeCluster, versions 0 and 1: the brokers, as Metadata names them.
class cluster_handler {
 public:
  explicit cluster_handler(broker_services& services) : services_(services) {}
  [[nodiscard]] net::task<kafka::describe_cluster_response> handle(kafka::describe_cluster_request request,
                                                                   request_context context) const;

 private:
  broker_services& services_;
};

}  // namespace marquee::broker
