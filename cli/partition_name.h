#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace marquee::cli {

struct partition_name {
  std::string topic;  ///< name or id
  std::int32_t partition = 0;

  [[nodiscard]] std::string text() const { return topic + "/" + std::to_string(partition); }
};

/// Reads "topic/0"; nothing if it is not of that form.
[[nodiscard]] std::optional<partition_name> parse_partition_name(std::string_view text);

}  // namespace marquee::cli
