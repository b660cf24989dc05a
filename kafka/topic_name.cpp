#include "kafka/topic_name.h"

#include <algorithm>

namespace marquee::kafka {

bool is_topic_name(std::string_view name) {
  constexpr std::size_t longest = 249;
  if (name.empty() || name.size() > longest || name == "." || name == "..") return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

}  // namespace marquee::kafka
