#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace marquee::net {

/// Where a process listens: a host name or address, and a TCP port.
struct endpoint {
  std::string host = {};
  std::uint16_t port = 0;

  auto operator<=>(const endpoint&) const = default;
};

/// "host:port"; an IPv6 address in brackets.
[[nodiscard]] std::string to_string(const endpoint& where);
/// Reads "host:port" and "[v6]:port", with or without "http://" in front. Errors: invalid_argument.
[[nodiscard]] result<endpoint> parse_endpoint(std::string_view text);

}  // namespace marquee::net

template <>
struct std::hash<marquee::net::endpoint> {
  std::size_t operator()(const marquee::net::endpoint& where) const noexcept {
    return std::hash<std::string>{}(where.host) * 31 + where.port;
  }
};
