#include "write_manager/broker_link.h"

#include "kafka/cluster_client.h"

namespace marquee::write_manager {

net::task<result<broker_id>> cluster_broker_link::leader_of(std::string topic, group_id partition,
                                                            net::deadline end) {
  return cluster_.leader_of(std::move(topic), partition, end);
}

void cluster_broker_link::note_not_leader(const group_id& partition, broker_id broker,
                                          std::optional<kafka::leader_hint> hint) {
  if (hint && hint->leader_id >= 0)
    cluster_.note_not_leader(partition, broker, broker_id(hint->leader_id), hint->leader_epoch);
  else
    cluster_.note_not_leader(partition, broker);
}

net::task<kafka::call_outcome<kafka::produce_response>> cluster_broker_link::produce(
    broker_id broker, kafka::produce_request request, net::deadline end) {
  return cluster_.call(broker, std::move(request), end, kafka::lane::exclusive);
}

}  // namespace marquee::write_manager
