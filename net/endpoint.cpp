#include "net/endpoint.h"

#include <charconv>

namespace marquee::net {

std::string to_string(const endpoint& where) {
  const bool v6 = where.host.find(':') != std::string::npos;
  return (v6 ? "[" + where.host + "]" : where.host) + ":" + std::to_string(where.port);
}

result<endpoint> parse_endpoint(std::string_view text) {
  const std::string whole(text);
  if (text.starts_with("http://")) text.remove_prefix(7);
  if (text.ends_with('/')) text.remove_suffix(1);
  const auto wrong = [&] {
    return fail(error_code::invalid_argument, "'" + whole + "' is not of the form host:port");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong();
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') != host.ends_with(']')) return wrong();
  if (host.starts_with('['))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return wrong();
  if (host.empty() || host.find_first_of(" \t\r\n/") != std::string_view::npos) return wrong();
  std::uint16_t number = 0;
  const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (ec != std::errc{} || end != port.data() + port.size() || number == 0) return wrong();
  return endpoint{std::string(host), number};
}

}  // namespace marquee::net
