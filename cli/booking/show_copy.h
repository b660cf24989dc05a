#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace marquee::cli {

// Shows that the prompt makes.

/// The id of the first show of a list.
[[nodiscard]] std::optional<std::string> first_show(const std::string& shows_body);
/// What adds a hall of equal rows, for a show that has not begun for a long time.
[[nodiscard]] std::string plain_show_json(const std::string& id, std::int64_t rows, std::int64_t columns);
/// What adds the show anew whose seat map this is: the same hall, categories and time. Nothing if it is no
/// seat map.
[[nodiscard]] std::optional<std::string> show_copy_json(const std::string& seat_map_body);

}  // namespace marquee::cli
