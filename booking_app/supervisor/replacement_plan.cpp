#include "booking_app/supervisor/replacement_plan.h"

#include <algorithm>

namespace marquee::booking {
namespace {

/// A replica that is retired and of which a later process runs, or is about to.
planned_step plan_for_new_process(const replica_view& view, std::int64_t now_ms, const plan_limits& limits) {
  if (view.running && view.answers) {
    const bool is_announced = view.announced_ms && now_ms - *view.announced_ms < limits.announce_ms;
    if (is_announced) return {};
    return {replica_step::announce, *view.running};
  }
  if (now_ms - view.new_process_ms >= limits.start_ms)
    return {replica_step::stop, view.running.value_or(view.newest_used)};
  return {};
}

}  // namespace

planned_step plan_next_step(const replica_view& view, std::int64_t now_ms, const plan_limits& limits) {
  if (view.running && *view.running < view.incarnation) return {replica_step::stop, *view.running};
  if (view.state == replica_state::retired) {
    if (view.running == view.incarnation) return {replica_step::stop, view.incarnation};
    if (view.running || view.starting) return plan_for_new_process(view, now_ms, limits);
    if (now_ms < view.not_before_ms) return {};
    return {replica_step::start, std::max(view.incarnation, view.newest_used) + 1};
  }
  const bool was_outdated = view.recorded && *view.recorded < view.incarnation;
  if (!view.running && !view.starting && was_outdated && now_ms >= view.not_before_ms)
    return {replica_step::start, view.incarnation};
  const bool is_gone = !view.running && !view.starting && view.gone_since_ms &&
                       now_ms - *view.gone_since_ms >= limits.restart_ms;
  if (is_gone && now_ms >= view.not_before_ms) return {replica_step::start, view.incarnation};
  const bool has_old = view.oldest_kept > 0 && view.oldest_kept < view.incarnation;
  if (view.state == replica_state::voting && has_old) return {replica_step::remove_old, view.incarnation};
  return {};
}

std::int64_t pause_after_failures(std::int64_t failures) {
  constexpr std::int64_t first_ms = 500;
  constexpr std::int64_t longest_ms = 30'000;
  if (failures <= 0) return 0;
  return failures > 6 ? longest_ms : std::min(longest_ms, first_ms << (failures - 1));
}

}  // namespace marquee::booking
