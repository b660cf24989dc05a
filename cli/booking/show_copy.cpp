#include "cli/booking/show_copy.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/json_text.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

constexpr std::int64_t far_away_ms = 4'102'444'800'000;  // 2100-01-01
constexpr std::int64_t most_rows = 1'000;
constexpr std::int64_t most_columns = 26;

std::int64_t number_at(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

}  // namespace

std::optional<std::string> first_show(const std::string& shows_body) {
  const json body = json::parse(shows_body, nullptr, /*allow_exceptions=*/false);
  const json shows = body.is_object() ? body.value("shows", json::array()) : json::array();
  if (!shows.is_array() || shows.empty() || !shows[0].is_object()) return std::nullopt;
  return shows[0].value("show_id", std::string());
}

std::string plain_show_json(const std::string& id, std::int64_t rows, std::int64_t columns) {
  return dump({{"show_id", id},
               {"movie", "Dune"},
               {"hall", "1"},
               {"starts_at_ms", far_away_ms},
               {"rows", rows},
               {"cols", columns}});
}

std::optional<std::string> show_copy_json(const std::string& seat_map_body) {
  const json map = json::parse(seat_map_body, nullptr, /*allow_exceptions=*/false);
  if (!map.is_object() || !map.contains("seats") || !map["seats"].is_array()) return std::nullopt;
  const std::int64_t rows = number_at(map, "rows");
  const std::int64_t columns = number_at(map, "cols");
  if (rows < 1 || rows > most_rows || columns < 1 || columns > most_columns) return std::nullopt;
  std::vector<std::string> layout(static_cast<std::size_t>(rows),
                                  std::string(static_cast<std::size_t>(columns), '.'));
  std::map<std::string, std::set<std::int64_t>> category_rows;
  for (const json& seat : map["seats"]) {
    const std::int64_t row = seat.is_object() ? number_at(seat, "row") : 0;
    const std::int64_t column = seat.is_object() ? number_at(seat, "col") : 0;
    if (row < 1 || row > rows || column < 1 || column > columns) return std::nullopt;
    layout[static_cast<std::size_t>(row - 1)][static_cast<std::size_t>(column - 1)] = 's';
    category_rows[seat.value("cat", std::string())].insert(row);
  }
  json copy = {{"show_id", map.value("show_id", std::string())},
               {"movie", map.value("movie", std::string())},
               {"hall", map.value("hall", std::string())},
               {"starts_at_ms", number_at(map, "starts_at_ms")}};
  const std::string full(static_cast<std::size_t>(columns), 's');
  if (std::ranges::all_of(layout, [&](const std::string& row) { return row == full; })) {
    copy["rows"] = rows;
    copy["cols"] = columns;
  } else {
    copy["layout"] = layout;
  }
  json categories = map.value("categories", json::array());
  for (json& category : categories) category["rows"] = category_rows[category.value("id", std::string())];
  if (!categories.empty()) copy["categories"] = categories;
  return dump(copy);
}

}  // namespace marquee::cli
