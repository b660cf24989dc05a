#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace marquee::write_manager {

using topic_config = std::map<std::string, std::string>;

/// Checks what a client wants to set and gives it in its canonical text. Errors: invalid_argument, naming the
/// key and what it takes.
[[nodiscard]] result<topic_config> check_topic_config(
    const std::vector<std::pair<std::string, std::string>>& wanted);

/// Every key with its value, set or default, as a JSON object: numbers as numbers.
[[nodiscard]] std::string effective_config_json(const topic_config& set);

/// Empty if a client may use the name; else what is wrong with it.
[[nodiscard]] std::string problem_with_topic_name(std::string_view name);
/// Topics that Marquee keeps for itself.
[[nodiscard]] bool is_internal_topic_name(std::string_view name);

}  // namespace marquee::write_manager
