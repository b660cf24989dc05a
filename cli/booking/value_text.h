#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace marquee::cli {

// Values of `marquee booking` as people write them.

/// "500ms", "8s", "2m", "1h" in milliseconds. Errors: invalid_argument (no unit, no number, not above zero).
[[nodiscard]] result<std::int64_t> parse_duration_ms(std::string_view text);
/// "60 s", "1.5 s", "200 ms"
[[nodiscard]] std::string duration_text(std::int64_t duration_ms);

/// "2026-01-05T20:00Z" or "2026-01-05T20:00:30Z" (UTC) in milliseconds since 1970. Errors: invalid_argument.
[[nodiscard]] result<std::int64_t> parse_time_ms(std::string_view text);
/// "2026-01-05T20:00Z"
[[nodiscard]] std::string time_text(std::int64_t time_ms);

/// 1200 is "12.00".
[[nodiscard]] std::string money_text(std::int64_t cents);

/// Words and comma-separated words alike: {"1A,1B", "1C"} is {"1A", "1B", "1C"}.
[[nodiscard]] std::vector<std::string> split_words(const std::vector<std::string>& words);

/// A whole number of at least `least`, and nothing behind it.
[[nodiscard]] std::optional<std::int64_t> parse_number(std::string_view text, std::int64_t least = 0);

}  // namespace marquee::cli
