#pragma once

#include <cstdint>

namespace marquee::kafka {

/// Tagged field of Produce and Fetch answers (KIP-951): who leads instead, where that is known.
struct leader_hint {
  std::int32_t leader_id = -1;
  std::int32_t leader_epoch = -1;
};

}  // namespace marquee::kafka
