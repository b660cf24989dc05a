#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/broker_services.h"
#include "broker/partition_access.h"
#include "net/http_message.h"
#include "net/json_body.h"

namespace marquee::broker {

/// A partition as an operator names it: topic by name or id, and number.
struct asked_partition {
  std::string topic{};
  std::int32_t partition = 0;

  [[nodiscard]] std::string text() const { return topic + "/" + std::to_string(partition); }
};

/// The fields "topic" and "partition" of a body or query.
[[nodiscard]] asked_partition read_asked_partition(net::json_body& body);
/// Nothing if no topic of that name or id is known and no id was given.
[[nodiscard]] std::optional<uuid> find_topic_id(const broker_services& services, const std::string& topic);
/// Null if this broker has no replica of it.
[[nodiscard]] replica_pointer find_replica(const broker_services& services, const asked_partition& asked);

/// A definite no.
[[nodiscard]] net::http_response refusal(const std::string& component, int status, std::string code,
                                         std::string message);
/// 404 NO_REPLICA.
[[nodiscard]] net::http_response no_replica(const std::string& component, const asked_partition& asked);
/// 409 NOT_LEADER with `leader` (broker id, or null) and `leader_http` ("host:port", or null).
[[nodiscard]] net::http_response not_leader(const broker_services& services, const std::string& component,
                                            const asked_partition& asked, std::optional<broker_id> leader);
/// 503 NO_ANSWER: the partition's thread is stuck.
[[nodiscard]] net::http_response no_answer(const std::string& component);

}  // namespace marquee::broker
