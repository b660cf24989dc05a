#pragma once

#include <string_view>

namespace marquee::booking {

/// Client ids, lock names and idempotency keys: 1 to 255 bytes of UTF-8 without control characters. Compared
/// byte by byte.
[[nodiscard]] bool is_valid_name(std::string_view text);
/// `[A-Za-z0-9._-]{1,64}`
[[nodiscard]] bool is_valid_show_id(std::string_view text);
/// `[A-Za-z0-9._-]{1,128}`
[[nodiscard]] bool is_valid_lock_file(std::string_view text);

}  // namespace marquee::booking
