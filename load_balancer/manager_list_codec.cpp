#include "load_balancer/manager_list_codec.h"

#include <nlohmann/json.hpp>

#include "net/json_body.h"

namespace marquee::load_balancer {

result<std::vector<manager>> read_manager_list(std::string_view json) {
  const auto wrong = [](const std::string& what) {
    return fail(error_code::invalid_argument, "the list of managers: " + what);
  };
  const auto parsed = net::parse_json(json);
  if (!parsed) return wrong(parsed.error().message);
  if (!parsed->is_object() || !parsed->contains("managers") || !(*parsed)["managers"].is_array())
    return wrong("has no list 'managers'");
  std::vector<manager> list;
  for (const nlohmann::json& each : (*parsed)["managers"]) {
    const auto text = [&](const char* name) {
      const bool there = each.is_object() && each.contains(name) && each[name].is_string();
      return there ? each[name].get<std::string>() : std::string();
    };
    const std::optional<manager_role> role = parse_manager_role(text("role"));
    if (!role) continue;
    const result<net::endpoint> http = net::parse_endpoint(text("http"));
    if (!http) return fail(http, "the list of managers");
    list.push_back({.name = text("name"), .role = *role, .http = *http});
  }
  return list;
}

}  // namespace marquee::load_balancer
