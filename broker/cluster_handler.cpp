#include "broker/cluster_handler.h"

#include <utility>

namespace marquee::broker {

net::task<kafka::describe_cluster_response> cluster_handler::handle(kafka::describe_cluster_request request,
                                                                    request_context context) const {
  (void)context;
  services_.metrics.other_requests.add();
  kafka::describe_cluster_response response;
  response.endpoint_type = request.endpoint_type;
  const metadata_snapshot metadata = services_.catalog.snapshot();
  response.cluster_id = to_string(metadata->cluster_id);
  if (request.endpoint_type != kafka::describe_cluster_response::brokers_endpoint) {
    response.error = kafka::kafka_error::invalid_request;
    response.message = "only brokers (endpoint type 1) are reached this way";
    co_return response;
  }
  response.controller_id = services_.self.broker.value();
  for (kafka_address& broker : services_.kafka_addresses(*metadata))
    response.brokers.push_back({broker.node_id, std::move(broker.host), broker.port, std::nullopt});
  co_return response;
}

}  // namespace marquee::broker
