#include "load_balancer/load_balancer_options.h"

namespace marquee::load_balancer {

load_balancer_options::load_balancer_options() {
  process.name = "lb-1";
  process.role = "load_balancer";
  process.http.port = 8080;
  process.http.max_connections = 16'384;
}

void describe(config_schema& schema, load_balancer_options& options) {
  constexpr std::int64_t hour_ms = 3'600'000;
  describe(schema, options.process);
  schema.text_list("load_balancer.write_managers", options.write_managers,
                   "Write managers to begin with, as host:port; more are learned from them.");
  schema.text_list("load_balancer.read_managers", options.read_managers,
                   "Read managers to begin with, as host:port.");
  schema.text_list("load_balancer.booking_front_ends", options.booking_front_ends,
                   "Front ends of the booking application, as host:port: served under /booking/.");
  schema.integer("load_balancer.health_interval_ms", options.health_interval_ms, 10, hour_ms,
                 "How often each manager is asked whether it is ready.");
  schema.integer("load_balancer.health_timeout_ms", options.health_timeout_ms, 10, hour_ms,
                 "A manager that has not answered by then is unhealthy.");
  schema.integer("load_balancer.discovery_interval_ms", options.discovery_interval_ms, 10, hour_ms,
                 "How often a healthy manager is asked which managers there are.");
  schema.integer("load_balancer.request_timeout_ms", options.request_timeout_ms, 100, hour_ms,
                 "Limit of one request with all its attempts.");
  schema.integer("load_balancer.consume_timeout_ms", options.consume_timeout_ms, 100, hour_ms,
                 "The same for consume, in addition to its wait_ms.");
  schema.integer("load_balancer.booking_timeout_ms", options.booking_timeout_ms, 100, hour_ms,
                 "Limit of one request to /booking/ with all its attempts; a stream may be silent so long.");
  schema.integer("load_balancer.max_attempts", options.max_attempts, 1, 10,
                 "Managers tried for one request.");
  schema.integer("load_balancer.kept_body_bytes", options.kept_body_bytes, 0, 1 << 26,
                 "Larger bodies are not looked into, and never sent twice.");
  schema.integer("load_balancer.connections_per_manager", options.connections_per_manager, 1, 65'535,
                 "Connections to one manager; a long poll holds one.");
  schema.integer("load_balancer.waiting_per_manager", options.waiting_per_manager, 0, 1 << 20,
                 "Requests that may wait for such a connection; one more is answered 503.");
  schema.integer("load_balancer.writes_most", options.writes_most, 1, 1 << 20,
                 "Requests for write managers under way at once; one more is answered 503 OVERLOADED.");
}

result<manager_table> configured_managers(const load_balancer_options& options) {
  manager_table table;
  const auto add = [&](manager_role role, const std::vector<std::string>& entries) -> result<> {
    for (const std::string& entry : entries) {
      const result<net::endpoint> where = net::parse_endpoint(entry);
      if (!where) return fail(where, "load_balancer." + std::string(to_string(role)) + "s");
      table.configure(role, *where);
    }
    return {};
  };
  if (const result<> added = add(manager_role::write_manager, options.write_managers); !added)
    return fail(added);
  if (const result<> added = add(manager_role::read_manager, options.read_managers); !added)
    return fail(added);
  if (table.all().empty())
    return fail(error_code::invalid_argument,
                "no manager is configured: set load_balancer.write_managers or load_balancer.read_managers");
  if (const result<> added = add(manager_role::booking_front_end, options.booking_front_ends); !added)
    return fail(added);
  return table;
}

}  // namespace marquee::load_balancer
