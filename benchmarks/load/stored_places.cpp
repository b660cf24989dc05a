#include "benchmarks/load/stored_places.h"

#include "benchmarks/load/http_operation.h"

namespace marquee::load {

bool stored_places::next() {
  constexpr std::string_view partition_name = "\"partition\":";
  constexpr std::string_view offset_name = ",\"offset\":";
  for (;;) {
    const std::size_t found = rest_.find(partition_name);
    if (found == std::string_view::npos) return false;
    rest_.remove_prefix(found + partition_name.size());
    partition_ = leading_number(rest_);
    const std::size_t digits = rest_.find_first_not_of("0123456789");
    if (digits == std::string_view::npos || !rest_.substr(digits).starts_with(offset_name)) continue;
    rest_.remove_prefix(digits);
    offset_ = leading_number(rest_.substr(offset_name.size()));
    return true;
  }
}

}  // namespace marquee::load
