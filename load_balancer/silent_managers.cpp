#include "load_balancer/silent_managers.h"

#include <string>

namespace marquee::load_balancer {

void name_silent_managers(const manager_table& table, const net::cluster_secret& secret,
                          net::http_request& request) {
  request.headers.remove(silent_managers_header);
  std::string list;
  for (const net::endpoint& each : table.silent(manager_role::read_manager))
    list += (list.empty() ? "" : ",") + net::to_string(each);
  if (list.empty()) return;
  request.headers.add(std::string(silent_managers_header), std::move(list));
  secret.sign(request);
}

}  // namespace marquee::load_balancer
