#include "booking_app/replica/fault_switches.h"

namespace marquee::booking {

std::optional<fault_mode> fault_mode_of(std::string_view name) {
  if (name == "wrong_reply") return fault_mode::wrong_reply;
  if (name == "corrupt_state") return fault_mode::corrupt_state;
  if (name == "slow") return fault_mode::slow;
  if (name == "crash") return fault_mode::crash;
  return std::nullopt;
}

bool fault_switches::take(std::atomic<std::int64_t>& left) {
  std::int64_t now = left;
  while (now > 0)
    if (left.compare_exchange_weak(now, now - 1)) return true;
  return false;
}

}  // namespace marquee::booking
