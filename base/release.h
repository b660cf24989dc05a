#pragma once

#include <string_view>

namespace marquee {

/// The version of this release, as CMakeLists.txt has it; every process tells it to operators.
[[nodiscard]] std::string_view release_version();

}  // namespace marquee
