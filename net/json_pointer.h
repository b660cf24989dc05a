#pragma once

#include <string>
#include <string_view>

namespace marquee::net {

/// An object's key as a part of a JSON pointer: '~' and '/' escaped (RFC 6901 section 3).
[[nodiscard]] std::string escape_pointer(std::string_view key);

}  // namespace marquee::net
