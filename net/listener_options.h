#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/config.h"
#include "base/result.h"

namespace marquee::net {

enum class listener_protocol : std::uint8_t { http, kafka, raft };

/// Who may come in: `client` for everybody, `internal` for processes of the cluster.
enum class listener_role : std::uint8_t { client, internal };

[[nodiscard]] std::string_view to_string(listener_protocol protocol);
[[nodiscard]] std::string_view to_string(listener_role role);

/// One configured listener (DESIGN D24). Loopback by default.
struct listener_options {
  std::string address = "127.0.0.1";
  std::int64_t port = 0;  ///< 0: any free port
  listener_protocol protocol = listener_protocol::http;
  listener_role role = listener_role::client;
  std::int64_t max_connections = 4096;
  std::int64_t backlog = 1024;
};

/// Adds `<prefix>.address`, `<prefix>.port` and `<prefix>.max_connections`.
void describe(config_schema& schema, const std::string& prefix, listener_options& options);

/// Refuses an address other than loopback, because neither TLS nor tokens exist yet, unless the operator
/// insisted with `insecure_network`. Errors: invalid_argument (not an address), refused.
[[nodiscard]] result<> check_listener(const listener_options& options, bool insecure_network);

}  // namespace marquee::net
