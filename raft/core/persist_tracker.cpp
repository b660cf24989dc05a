#include "raft/core/persist_tracker.h"

#include <algorithm>

#include "base/assert.h"

namespace marquee::raft {

void persist_tracker::handed_out(log_index last_index) {
  open_.push_back({++last_id_, last_index});
}

void persist_tracker::persisted(std::uint64_t id) {
  MARQUEE_ASSERT(id <= last_id_, "only what was handed out can be durable");
  persisted_id_ = std::max(persisted_id_, id);
  while (!open_.empty() && open_.front().id <= id) {
    durable_ = std::max(durable_, open_.front().last_index);
    open_.pop_front();
  }
}

void persist_tracker::truncated_from(log_index index) {
  durable_ = std::min(durable_, index - 1);
  for (open_request& request : open_) request.last_index = std::min(request.last_index, index - 1);
}

}  // namespace marquee::raft
