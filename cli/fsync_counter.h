#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::cli {

/// The sum of all samples in Prometheus text whose name begins with "marquee_" and ends with "fsyncs_total".
/// Nothing if there is none.
[[nodiscard]] std::optional<std::int64_t> sum_of_fsyncs(std::string_view metrics_text);

/// Asks every broker's /metrics and adds up. Nothing if one does not answer or does not count its fsyncs.
[[nodiscard]] std::optional<std::int64_t> count_fsyncs(const std::vector<std::string>& broker_urls);

}  // namespace marquee::cli
