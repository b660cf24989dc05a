#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace marquee::booking {

inline constexpr std::int32_t most_rows = 1000;
inline constexpr std::int32_t most_columns = 26;

/// Row and column from 1. `25G` is row 25, column 7.
struct seat_id {
  std::int32_t row = 0;
  std::int32_t column = 0;

  auto operator<=>(const seat_id&) const = default;
};

[[nodiscard]] std::string to_text(seat_id id);
/// No leading zero, an upper case letter, a row up to `most_rows`; nothing for anything else.
[[nodiscard]] std::optional<seat_id> parse_seat_id(std::string_view text);
/// Orders what was asked for, seats or not: first what looks like a seat, by (row, column) however large the
/// row, then the rest by its bytes.
[[nodiscard]] bool seat_text_less(std::string_view a, std::string_view b);

}  // namespace marquee::booking
