#pragma once

#include <cstddef>
#include <string_view>

namespace marquee {

/// Length of the well-formed UTF-8 sequence that `text` begins with (RFC 3629: no surrogates, no overlong
/// forms, nothing above U+10FFFF), 1 to 4; 0 if it begins with anything else or is empty.
[[nodiscard]] std::size_t utf8_sequence_length(std::string_view text);
[[nodiscard]] bool is_valid_utf8(std::string_view text);

}  // namespace marquee
