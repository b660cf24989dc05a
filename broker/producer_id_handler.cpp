#include "broker/producer_id_handler.h"

#include "base/logging.h"
#include "broker/producer_id_reserve.h"

namespace marquee::broker {

using kafka::kafka_error;

net::task<kafka::init_producer_id_response> producer_id_handler::handle(
    kafka::init_producer_id_request request, request_context context) const {
  (void)context;
  services_.metrics.other_requests.add();
  kafka::init_producer_id_response response;
  if (request.transactional_id) {
    response.error = kafka_error::invalid_txn_state;
    co_return response;
  }
  const auto id = services_.producer_ids.take();
  if (!id) {
    log_warning("broker", "InitProducerId: {}", id.error().message);
    response.error = kafka_error::coordinator_not_available;
    co_return response;
  }
  response.producer_id = *id;
  response.producer_epoch = 0;
  co_return response;
}

}  // namespace marquee::broker
