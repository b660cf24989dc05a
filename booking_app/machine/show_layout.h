#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "booking_app/machine/command.h"
#include "booking_app/machine/show.h"

namespace marquee::booking {

/// The rows of a new show as texts of `s` and `.`; nothing if they make no hall: exactly one of rows with
/// columns and a layout, equally long rows, at most 26 columns and 1,000 rows, at least one seat.
[[nodiscard]] std::optional<std::vector<std::string>> make_layout(const show_add& asked);

/// Categories in which each of `rows` rows is exactly once, or nothing. None given: one for all rows, for
/// nothing.
[[nodiscard]] std::optional<std::vector<seat_category>> make_categories(std::vector<seat_category> given,
                                                                        std::int64_t rows);

/// Categories of a show that grew: new rows join the category of the last one.
[[nodiscard]] std::vector<seat_category> grown_categories(const show& of, std::int64_t rows);

}  // namespace marquee::booking
