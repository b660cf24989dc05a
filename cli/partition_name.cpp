#include "cli/partition_name.h"

#include <charconv>

namespace marquee::cli {

std::optional<partition_name> parse_partition_name(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  partition_name name;
  name.topic = text.substr(0, slash);
  const std::string_view number = text.substr(slash + 1);
  const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), name.partition);
  if (failed != std::errc() || end != number.data() + number.size() || name.partition < 0)
    return std::nullopt;
  return name;
}

}  // namespace marquee::cli
