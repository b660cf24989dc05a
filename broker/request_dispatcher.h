#pragma once

#include <optional>
#include <stop_token>

#include "base/bytes.h"
#include "base/result.h"
#include "broker/broker_services.h"
#include "broker/cluster_handler.h"
#include "broker/config_handler.h"
#include "broker/fetch_handler.h"
#include "broker/leader_epoch_handler.h"
#include "broker/list_offsets_handler.h"
#include "broker/metadata_handler.h"
#include "broker/position_handler.h"
#include "broker/produce_handler.h"
#include "broker/producer_id_handler.h"
#include "broker/request_context.h"
#include "broker/topic_admin_handler.h"
#include "kafka/byte_chain.h"
#include "kafka/request_header.h"
#include "net/task.h"

namespace marquee::broker {

/// What goes back for a request; nothing for a Produce with acks=0.
using request_reply = std::optional<kafka::wire_message>;

/// Decodes a request, gives it to its handler and encodes the answer. Runs on the connection's loop; one for
/// all connections of a front door.
class request_dispatcher {
 public:
  request_dispatcher(net::event_loop& loop, broker_services& services);

  /// `frame` is everything behind the length. Errors (close the connection): unsupported for an API or
  /// version that is not served, corrupt for a body that cannot be read, refused when an acks=0 request
  /// failed.
  [[nodiscard]] net::task<result<request_reply>> answer(shared_bytes frame, request_context context);

 private:
  net::task<result<request_reply>> answer_produce(const kafka::request_header& header, kafka::wire_reader& in,
                                                  request_context context);
  static result<request_reply> answer_api_versions(const kafka::request_header& header);

  produce_handler produce_;
  fetch_handler fetch_;
  list_offsets_handler list_offsets_;
  metadata_handler metadata_;
  position_handler positions_;
  producer_id_handler producer_ids_;
  topic_admin_handler topics_;
  leader_epoch_handler leader_epochs_;
  config_handler configs_;
  cluster_handler cluster_;
};

}  // namespace marquee::broker
