#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "load_balancer/manager_table.h"

namespace marquee::load_balancer {

/// Reads the answer to GET /internal/managers: `{"managers":[{"name","role","http"}]}`. Other fields and
/// roles of later releases are skipped. Errors: invalid_argument.
[[nodiscard]] result<std::vector<manager>> read_manager_list(std::string_view json);

}  // namespace marquee::load_balancer
