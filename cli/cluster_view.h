#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace marquee::cli {

/// Answers of GET /cluster and GET /topics/{t} for a terminal. What is null or missing is shown as "-".
[[nodiscard]] std::string show_cluster(const nlohmann::json& cluster);
[[nodiscard]] std::string show_topic(const nlohmann::json& topic);

}  // namespace marquee::cli
