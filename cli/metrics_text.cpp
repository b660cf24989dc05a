#include "cli/metrics_text.h"

#include <algorithm>
#include <cstdlib>

namespace marquee::cli {

namespace {

constexpr std::string_view build_info = "marquee_build_info{";
constexpr std::string_view version_label = "version=\"";

std::string label_of(std::string_view line) {
  const std::size_t begin = line.find(version_label);
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = line.substr(begin + version_label.size());
  return std::string(rest.substr(0, rest.find('"')));
}

}  // namespace

scraped_metrics read_metrics_text(std::string_view text) {
  scraped_metrics read;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with(build_info)) read.version = label_of(line);
    const std::string_view name = line.substr(0, line.find_first_of("{ "));
    const std::size_t value = line.rfind(' ');
    if (value == std::string_view::npos || name.empty()) continue;
    read.values[std::string(name)] += std::strtod(std::string(line.substr(value + 1)).c_str(), nullptr);
  }
  return read;
}

}  // namespace marquee::cli
