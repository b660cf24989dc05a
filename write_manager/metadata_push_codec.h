#pragma once

#include <string>

#include "db/controller_lock.h"
#include "db/metadata_cache.h"

namespace marquee::write_manager {

/// The body of POST /internal/metadata: everything that changed above `from` (0: everything there is), told
/// under an office.
[[nodiscard]] std::string encode_metadata_push(const db::controller_office& office,
                                               const db::metadata_snapshot& metadata,
                                               db::metadata_version from);

/// What a broker answers to a push.
struct push_answer {
  enum class kind : std::uint8_t { accepted, gap, not_ready, stale_controller, failed };
  kind what = kind::failed;
  std::int64_t known_epoch = 0;  ///< with stale_controller
  std::string problem{};
};

[[nodiscard]] push_answer decode_push_answer(int status, const std::string& body);

}  // namespace marquee::write_manager
