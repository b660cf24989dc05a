#pragma once

#include <map>
#include <string>
#include <string_view>

namespace marquee::cli {

/// What the doctor needs of a Prometheus text: sums over labels by name, and the release.
struct scraped_metrics {
  std::map<std::string, double> values;
  std::string version;  ///< label of marquee_build_info
};

/// Lines that are no samples are left out.
[[nodiscard]] scraped_metrics read_metrics_text(std::string_view text);

}  // namespace marquee::cli
