#pragma once

#include <string>

#include "raft/storage/log_check.h"

namespace marquee::cli {

/// What `marquee log` prints: a line in plain words, or an object.
[[nodiscard]] std::string to_text(const raft::log_finding& found);
[[nodiscard]] std::string to_json(const raft::log_finding& found);
[[nodiscard]] std::string to_text(const raft::log_check_summary& summary);
[[nodiscard]] std::string to_text(const raft::log_item& item);
[[nodiscard]] std::string to_json(const raft::log_item& item);

}  // namespace marquee::cli
