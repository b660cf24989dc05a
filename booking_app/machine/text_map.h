#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace marquee::booking {

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

/// Found by text without making a string of it. Never walked through for output: see `sorted_keys`.
template <class Value>
using text_map = std::unordered_map<std::string, Value, text_hash, std::equal_to<>>;

/// How a table is walked through: sorted for whatever is written, as it comes for sums, which do not care.
enum class walk : bool { sorted, as_it_comes };

/// The keys of an unordered map in their order.
template <class Map>
[[nodiscard]] std::vector<typename Map::key_type> sorted_keys(const Map& map) {
  std::vector<typename Map::key_type> keys;
  keys.reserve(map.size());
  for (const auto& entry : map) keys.push_back(entry.first);
  std::ranges::sort(keys);
  return keys;
}

/// Calls `visitor(value)` for every value of an unordered map.
template <class Map>
void visit_values(const Map& map, walk order, auto&& visitor) {
  if (order == walk::as_it_comes) {
    for (const auto& entry : map) visitor(entry.second);
  } else {
    for (const auto& key : sorted_keys(map)) visitor(map.find(key)->second);
  }
}

}  // namespace marquee::booking
