#include "booking_app/machine/show_layout.h"

#include <algorithm>

namespace marquee::booking {
namespace {

bool is_hall(const std::vector<std::string>& rows) {
  const auto is_row = [&](const std::string& row) {
    return row.size() == rows[0].size() && row.find_first_not_of("s.") == std::string::npos;
  };
  return !rows.empty() && rows.size() <= most_rows && !rows[0].empty() && rows[0].size() <= most_columns &&
         std::ranges::all_of(rows, is_row) &&
         std::ranges::any_of(rows, [](const std::string& row) { return row.find('s') != std::string::npos; });
}

}  // namespace

std::optional<std::vector<std::string>> make_layout(const show_add& asked) {
  const bool has_size = asked.rows && asked.columns;
  const bool has_part_of_size = asked.rows.has_value() != asked.columns.has_value();
  if (has_part_of_size || has_size == asked.layout.has_value()) return std::nullopt;
  std::vector<std::string> rows;
  if (has_size) {
    if (*asked.rows < 1 || *asked.rows > most_rows || *asked.columns < 1 || *asked.columns > most_columns)
      return std::nullopt;
    rows.assign(static_cast<std::size_t>(*asked.rows),
                std::string(static_cast<std::size_t>(*asked.columns), 's'));
  } else {
    rows.assign(asked.layout->begin(), asked.layout->end());
  }
  if (!is_hall(rows)) return std::nullopt;
  return rows;
}

std::optional<std::vector<seat_category>> make_categories(std::vector<seat_category> given,
                                                          std::int64_t rows) {
  if (given.empty()) {
    seat_category& standard = given.emplace_back(seat_category{"standard", "Standard", 0, {}});
    for (std::int64_t row = 1; row <= rows; ++row) standard.rows.push_back(row);
  }
  std::vector<std::int64_t> all;
  std::vector<std::string_view> ids;
  for (const seat_category& category : given) {
    all.insert(all.end(), category.rows.begin(), category.rows.end());
    ids.push_back(category.id);
  }
  std::ranges::sort(ids);
  if (std::ranges::adjacent_find(ids) != ids.end()) return std::nullopt;
  // Sorted, they must be exactly 1, 2, ... rows.
  std::ranges::sort(all);
  if (all.size() != static_cast<std::size_t>(rows)) return std::nullopt;
  for (std::int64_t row = 1; row <= rows; ++row)
    if (all[static_cast<std::size_t>(row - 1)] != row) return std::nullopt;
  return given;
}

std::vector<seat_category> grown_categories(const show& of, std::int64_t rows) {
  std::vector<seat_category> categories = of.categories;
  std::vector<std::int64_t>& last = categories[of.category_of_row.back()].rows;
  for (std::int64_t row = of.rows() + 1; row <= rows; ++row) last.push_back(row);
  return categories;
}

}  // namespace marquee::booking
