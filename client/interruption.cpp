#include "client/interruption.h"

#include <utility>

namespace marquee::client {

void interruption::interrupt() {
  requested_ = true;
  const std::lock_guard lock(mutex_);
  for (const auto& [whose, stop] : connections_) stop();
}

void interruption::watch(const void* whose, std::function<void()> stop) {
  const std::lock_guard lock(mutex_);
  connections_[whose] = std::move(stop);
}

void interruption::forget(const void* whose) {
  const std::lock_guard lock(mutex_);
  connections_.erase(whose);
}

}  // namespace marquee::client
