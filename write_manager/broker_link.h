#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/types.h"
#include "kafka/api/produce.h"
#include "kafka/client_connection.h"
#include "net/deadline.h"
#include "net/task.h"

namespace marquee::kafka {
class cluster_client;
}

namespace marquee::write_manager {

/// What the produce path needs of the brokers, so that tests can stand in for them. On the manager's loop.
class broker_link {
 public:
  virtual ~broker_link() = default;
  /// Errors: unavailable, not_found, timed_out (as kafka::cluster_client::leader_of).
  [[nodiscard]] virtual net::task<result<broker_id>> leader_of(std::string topic, group_id partition,
                                                               net::deadline end) = 0;
  /// The broker said that it does not lead, or did not answer.
  virtual void note_not_leader(const group_id& partition, broker_id broker,
                               std::optional<kafka::leader_hint> hint) = 0;
  [[nodiscard]] virtual net::task<kafka::call_outcome<kafka::produce_response>> produce(
      broker_id broker, kafka::produce_request request, net::deadline end) = 0;
};

/// The real brokers. Produce requests go over connections of their own, because a broker answers one
/// connection in order and a partition without quorum would hold everybody behind it.
class cluster_broker_link final : public broker_link {
 public:
  /// `cluster` must outlive the link.
  explicit cluster_broker_link(kafka::cluster_client& cluster) : cluster_(cluster) {}
  net::task<result<broker_id>> leader_of(std::string topic, group_id partition, net::deadline end) override;
  void note_not_leader(const group_id& partition, broker_id broker,
                       std::optional<kafka::leader_hint> hint) override;
  net::task<kafka::call_outcome<kafka::produce_response>> produce(broker_id broker,
                                                                  kafka::produce_request request,
                                                                  net::deadline end) override;

 private:
  kafka::cluster_client& cluster_;
};

}  // namespace marquee::write_manager
