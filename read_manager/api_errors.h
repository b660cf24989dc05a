#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/api_error.h"

/// The failures that consumers meet, as http-api.md names them. `component` is "read_manager/<name>".
namespace marquee::read_manager {

[[nodiscard]] net::api_error topic_not_found(std::string component, std::string_view topic);
[[nodiscard]] net::api_error consumer_not_found(std::string component, std::string_view consumer_id);
[[nodiscard]] net::api_error consumer_not_registered(std::string component, std::string_view consumer_id,
                                                     std::string_view topic);
[[nodiscard]] net::api_error groups_not_implemented(std::string component);
[[nodiscard]] net::api_error poll_too_old(std::string component, std::int64_t poll);
[[nodiscard]] net::api_error invalid_position(std::string component, std::string message);
/// PostgreSQL is away and what was asked is not in the cache.
[[nodiscard]] net::api_error metadata_unavailable(std::string component, const error& cause);
/// No quorum, no leader or no answer from brokers until the deadline.
[[nodiscard]] net::api_error brokers_unavailable(std::string component, const std::string& what,
                                                 net::api_outcome outcome);
/// The manager that owns the consumer has the request but has not answered.
[[nodiscard]] net::api_error owner_silent(std::string component, const std::string& owner);
/// For another manager only: look again who owns the consumer.
[[nodiscard]] net::api_error not_owner(std::string component, const std::string& owner);
/// For the load balancer or another manager: the consumer was let go, because this manager stops.
[[nodiscard]] net::http_response released(std::string component);
[[nodiscard]] net::api_error forbidden(std::string component);

}  // namespace marquee::read_manager
