#include "net/http_exchange.h"

namespace marquee::net {

std::string_view http_exchange::path_parameter(std::string_view name) const {
  for (const auto& [key, value] : path_parameters)
    if (key == name) return value;
  return {};
}

std::int64_t http_exchange::elapsed_us() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - received_at)
      .count();
}

}  // namespace marquee::net
