#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace marquee {

/// Standard alphabet with padding (RFC 4648 section 4).
[[nodiscard]] std::string base64_encode(bytes_view data);
/// Accepts exactly what `base64_encode` gives: padded, no line breaks, no stray bits.
[[nodiscard]] std::optional<bytes> base64_decode(std::string_view text);

}  // namespace marquee
