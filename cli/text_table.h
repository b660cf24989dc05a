#pragma once

#include <string>
#include <vector>

namespace marquee::cli {

/// Columns for a terminal: the first row is the heading, columns are as wide as their widest cell.
[[nodiscard]] std::string to_text(const std::vector<std::vector<std::string>>& rows);

}  // namespace marquee::cli
