#include "write_manager/repair_plan.h"

namespace marquee::write_manager {

namespace {
/// Between two changes of who counts as evicted: what the first one did is read back by then.
constexpr std::int64_t eviction_pause_ms = 500;
}  // namespace

void repair_plan::begin_office(std::int64_t epoch, std::int64_t now_ms) {
  if (epoch_ == 0) office_since_ms_ = now_ms;
  epoch_ = epoch;
}

std::optional<eviction_step> repair_plan::next_eviction(const repair_view& view, std::int64_t now_ms) const {
  if (evicting_ || now_ms < next_eviction_ms_) return std::nullopt;
  const auto step_for = [&](broker_id broker, bool evicted) -> std::optional<eviction_step> {
    const auto boot = view.boots.find(broker);
    if (boot == view.boots.end()) return std::nullopt;
    return eviction_step{broker, boot->second, evicted};
  };
  if (view.back) return step_for(*view.back, false);
  if (!view.eviction.evict || now_ms - office_since_ms_ < observation_ms_) return std::nullopt;
  return step_for(*view.eviction.evict, true);
}

std::vector<repair_step> repair_plan::next(const repair_view& view, std::int64_t now_ms) {
  std::vector<repair_step> steps;
  if (epoch_ == 0) return steps;
  if (const auto eviction = next_eviction(view, now_ms)) {
    evicting_ = true;
    steps.emplace_back(*eviction);
  }
  for (const leader_transfer& transfer : spread_.next(view.partitions, view.brokers, now_ms))
    steps.emplace_back(transfer);
  return steps;
}

void repair_plan::answered(const repair_step& step, std::int64_t now_ms) {
  if (const auto* transfer = std::get_if<leader_transfer>(&step)) {
    spread_.answered(*transfer, now_ms);
    return;
  }
  evicting_ = false;
  next_eviction_ms_ = now_ms + eviction_pause_ms;
}

}  // namespace marquee::write_manager
