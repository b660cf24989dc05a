#include "booking_app/front_end/front_end_options.h"

namespace marquee::booking {

result<std::map<std::string, net::endpoint>> parse_replicas(const std::vector<std::string>& items) {
  std::map<std::string, net::endpoint> replicas;
  for (const std::string& item : items) {
    const std::size_t equals = item.find('=');
    if (equals == 0 || equals == std::string::npos)
      return fail(error_code::invalid_argument, "front_end.replicas: '" + item + "' is not name=host:port");
    auto where = net::parse_endpoint(std::string_view(item).substr(equals + 1));
    if (!where) return fail(where, "front_end.replicas");
    if (!replicas.emplace(item.substr(0, equals), *where).second)
      return fail(error_code::invalid_argument,
                  "front_end.replicas: '" + item.substr(0, equals) + "' is given twice");
  }
  if (replicas.empty())
    return fail(error_code::invalid_argument,
                "front_end.replicas is empty; name them as r1=host:port,r2=host:port");
  return replicas;
}

}  // namespace marquee::booking
