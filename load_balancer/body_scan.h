#pragma once

#include <optional>
#include <string_view>

namespace marquee::load_balancer {

/// Looks for a member of the outermost JSON object without parsing the whole: gives the text of a plain
/// string (without its quotes) or of a number, nothing for anything else. Tolerant: what is not JSON is the
/// manager's to refuse. Members of inner objects and texts that look like members are never taken for it,
/// because a retry depends on it.
[[nodiscard]] std::optional<std::string_view> top_level_member(std::string_view json, std::string_view name);

}  // namespace marquee::load_balancer
