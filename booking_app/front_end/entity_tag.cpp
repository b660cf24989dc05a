#include "booking_app/front_end/entity_tag.h"

#include <algorithm>

namespace marquee::booking {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool list_names(std::string_view list, std::string_view tag) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view each = trimmed(list.substr(0, comma));
    list.remove_prefix(std::min(list.size(), comma + 1));
    if (each == "*") return true;
    if (each.starts_with("W/")) each.remove_prefix(2);
    if (each == tag) return true;
  }
  return false;
}

}  // namespace

bool names_tag(const net::http_request& request, std::string_view tag) {
  // A list may come as several fields (RFC 9110 section 5.3).
  for (const auto& [name, value] : request.headers)
    if (net::equals_ignoring_case(name, "If-None-Match") && list_names(value, tag)) return true;
  return false;
}

}  // namespace marquee::booking
