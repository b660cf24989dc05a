#include "write_manager/controller_state.h"

#include <algorithm>

namespace marquee::write_manager {

namespace {
constexpr std::int64_t pause_after_failure_ms = 500;
constexpr std::int64_t pause_while_starting_ms = 50;
}  // namespace

void controller_state::begin_office(std::int64_t epoch) {
  epoch_ = epoch;
  for (auto& [id, follower] : followers_) {
    follower.known = 0;
    ++follower.generation;
  }
}

std::vector<planned_push> controller_state::next(const std::map<broker_id, boot_count>& live,
                                                 db::metadata_version version, std::int64_t now_ms) {
  std::vector<planned_push> pushes;
  for (const auto& [id, boot] : live) {
    follower& known = followers_[id];
    if (known.boot != boot) {
      // Started again: what it kept on disk may be older than what it was told.
      known.known = 0;
      known.boot = boot;
      ++known.generation;
      known.not_before_ms = 0;
    }
    if (known.under_way || known.known >= version || known.not_before_ms > now_ms) continue;
    known.under_way = true;
    pushes.push_back({id, known.known, known.generation});
  }
  return pushes;
}

void controller_state::answered(const planned_push& push, db::metadata_version told,
                                const push_answer& answer, std::int64_t now_ms) {
  follower& known = followers_[push.broker];
  known.under_way = false;
  if (known.generation != push.generation) return;
  switch (answer.what) {
    case push_answer::kind::accepted:
      known.known = told;
      break;
    case push_answer::kind::gap:
      known.known = 0;
      break;
    case push_answer::kind::not_ready:
      known.not_before_ms = now_ms + pause_while_starting_ms;
      break;
    case push_answer::kind::stale_controller:
    case push_answer::kind::failed:
      known.not_before_ms = now_ms + pause_after_failure_ms;
      break;
  }
}

bool controller_state::all_know(const std::vector<broker_id>& brokers, db::metadata_version version) const {
  return std::ranges::all_of(brokers, [&](broker_id id) {
    const auto found = followers_.find(id);
    return found != followers_.end() && found->second.known >= version;
  });
}

}  // namespace marquee::write_manager
