#include "booking_app/machine/session_table.h"

#include <algorithm>

namespace marquee::booking {
namespace {

std::vector<std::int64_t> due(const std::set<std::pair<std::int64_t, std::int64_t>>& deadlines,
                              std::int64_t time_ms) {
  std::vector<std::int64_t> ids;
  for (const auto& [deadline_ms, id] : deadlines) {
    if (deadline_ms > time_ms) break;
    ids.push_back(id);
  }
  return ids;
}

}  // namespace

const session* session_table::find(std::int64_t id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : &found->second;
}

std::int64_t session_table::count_of(std::string_view client) const {
  const auto found = per_client_.find(client);
  return found == per_client_.end() ? 0 : found->second;
}

const session& session_table::add(session opened) {
  const std::int64_t id = opened.id;
  session& added = sessions_.insert_or_assign(id, std::move(opened)).first->second;
  ++per_client_[added.client];
  deadlines_of(added).emplace(added.due_ms(), id);
  digest_.update(entity_kind::session, added);
  return added;
}

bool session_table::renew(std::int64_t id, std::int64_t time_ms) {
  session& renewed = sessions_.at(id);
  const bool was_in_jeopardy = renewed.state == session_state::jeopardy;
  deadlines_of(renewed).erase({renewed.due_ms(), id});
  renewed.state = session_state::active;
  renewed.lease_deadline_ms = time_ms + renewed.lease_ms;
  // Mostly the latest deadline of all.
  leases_.emplace_hint(leases_.end(), renewed.due_ms(), id);
  digest_.update(entity_kind::session, renewed);
  return was_in_jeopardy;
}

void session_table::set_jeopardy(std::int64_t id) {
  session& late = sessions_.at(id);
  deadlines_of(late).erase({late.due_ms(), id});
  late.state = session_state::jeopardy;
  deadlines_of(late).emplace(late.due_ms(), id);
  digest_.update(entity_kind::session, late);
}

void session_table::remove(std::int64_t id) {
  const auto found = sessions_.find(id);
  session& ended = found->second;
  deadlines_of(ended).erase({ended.due_ms(), id});
  const auto count = per_client_.find(ended.client);
  if (--count->second == 0) per_client_.erase(count);
  digest_.remove(ended);
  sessions_.erase(found);
}

std::vector<std::int64_t> session_table::past_lease(std::int64_t time_ms) const {
  return due(leases_, time_ms);
}

std::vector<std::int64_t> session_table::past_grace(std::int64_t time_ms) const {
  return due(graces_, time_ms);
}

std::optional<std::int64_t> session_table::next_deadline() const {
  std::optional<std::int64_t> next;
  for (const deadline_set* deadlines : {&leases_, &graces_})
    if (!deadlines->empty())
      next = std::min(next.value_or(deadlines->begin()->first), deadlines->begin()->first);
  return next;
}

}  // namespace marquee::booking
