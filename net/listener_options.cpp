#include "net/listener_options.h"

#include <arpa/inet.h>

namespace marquee::net {

std::string_view to_string(listener_protocol protocol) {
  switch (protocol) {
    case listener_protocol::http:
      return "http";
    case listener_protocol::kafka:
      return "kafka";
    case listener_protocol::raft:
      return "raft";
  }
  return "unknown";
}

std::string_view to_string(listener_role role) {
  return role == listener_role::client ? "client" : "internal";
}

void describe(config_schema& schema, const std::string& prefix, listener_options& options) {
  schema.text(prefix + ".address", options.address,
              "Address to listen on; other than loopback needs insecure_network.");
  schema.integer(prefix + ".port", options.port, 0, 65535, "TCP port to listen on; 0 takes any free one.");
  schema.integer(prefix + ".max_connections", options.max_connections, 1, 1'000'000,
                 "Connections at a time; one more is refused.");
}

result<> check_listener(const listener_options& options, bool insecure_network) {
  in_addr v4{};
  in6_addr v6{};
  const bool is_v4 = inet_pton(AF_INET, options.address.c_str(), &v4) == 1;
  const bool is_v6 = !is_v4 && inet_pton(AF_INET6, options.address.c_str(), &v6) == 1;
  if (!is_v4 && !is_v6)
    return fail(error_code::invalid_argument,
                "'" + options.address + "' is not an IP address to listen on (such as 127.0.0.1)");
  const bool loopback = is_v4 ? (ntohl(v4.s_addr) >> 24) == 127 : IN6_IS_ADDR_LOOPBACK(&v6);
  if (loopback || insecure_network) return {};
  return fail(error_code::refused,
              "refusing to listen on " + options.address + " for " +
                  std::string(to_string(options.protocol)) +
                  ": it can be reached from other machines, and neither TLS nor tokens are set up. "
                  "Use a loopback address, or say --insecure-network to do it all the same");
}

}  // namespace marquee::net
