#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "booking_app/machine/entity_digest.h"
#include "booking_app/machine/text_map.h"

namespace marquee::booking {

enum class session_state : std::uint8_t { active, jeopardy };

/// A live session. Ended ones leave nothing behind: that `s-<n>` is below the current offset and not here
/// says all there is to say of them.
struct session {
  std::int64_t id = 0;  ///< offset of the record that opened it
  std::string client;
  std::int64_t lease_ms = 0;
  std::int64_t grace_ms = 0;
  std::int64_t lease_deadline_ms = 0;
  session_state state = session_state::active;
  digest_value share = {};

  /// When the next thing happens to it if it is not renewed.
  [[nodiscard]] std::int64_t due_ms() const {
    return state == session_state::active ? lease_deadline_ms : end_ms();
  }
  [[nodiscard]] std::int64_t end_ms() const { return lease_deadline_ms + grace_ms; }
};

void describe(auto& archive, is_entity<session> auto& s) {
  archive(s.id, s.client, s.lease_ms, s.grace_ms, s.lease_deadline_ms, s.state);
}

/// All live sessions. What belongs to a session (holds, places, locks) is found in the tables of those.
class session_table {
 public:
  explicit session_table(entity_digest& digest) : digest_(digest) {}

  [[nodiscard]] const session* find(std::int64_t id) const;
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }
  [[nodiscard]] std::int64_t count_of(std::string_view client) const;

  const session& add(session opened);
  /// The lease begins again at `time_ms`. True if the session was in jeopardy.
  bool renew(std::int64_t id, std::int64_t time_ms);
  void set_jeopardy(std::int64_t id);
  void remove(std::int64_t id);

  /// Active sessions whose lease is over at `time_ms`, by (deadline, id).
  [[nodiscard]] std::vector<std::int64_t> past_lease(std::int64_t time_ms) const;
  /// Sessions in jeopardy whose grace is over too, by (deadline, id).
  [[nodiscard]] std::vector<std::int64_t> past_grace(std::int64_t time_ms) const;
  [[nodiscard]] std::optional<std::int64_t> next_deadline() const;

  void visit(auto&& visitor, walk order = walk::sorted) const {
    visit_values(sessions_, order, [&](const session& one) { visitor(entity_kind::session, one); });
  }

 private:
  using deadline_set = std::set<std::pair<std::int64_t, std::int64_t>>;
  deadline_set& deadlines_of(const session& s) {
    return s.state == session_state::active ? leases_ : graces_;
  }

  entity_digest& digest_;
  std::unordered_map<std::int64_t, session> sessions_;
  text_map<std::int64_t> per_client_;
  deadline_set leases_;
  deadline_set graces_;
};

}  // namespace marquee::booking
