#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "booking_app/machine/entity_digest.h"
#include "booking_app/machine/priced_seat.h"
#include "booking_app/machine/text_map.h"

namespace marquee::booking {

enum class hold_state : std::uint8_t { live, expired, released, confirmed };

/// Seats that are kept for a client for a while: asked for, or offered to the first of a waiting list.
struct hold {
  entity_id id;
  std::string client;
  std::optional<std::int64_t> session = {};  ///< ends with it, if made with one
  std::string show;
  priced_seats seats;
  std::int64_t created_ms = 0;
  std::int64_t deadline_ms = 0;
  bool is_offer = false;
  hold_state state = hold_state::live;
  std::int64_t ended_ms = 0;
  digest_value share = {};
};

void describe(auto& archive, is_entity<hold> auto& h) {
  archive(h.id, h.client, h.session, h.show, h.seats, h.created_ms, h.deadline_ms, h.is_offer, h.state,
          h.ended_ms);
}

/// Live holds, and ended ones for 24 h. Seats are not its affair: who ends a hold sets its seats.
class hold_table {
 public:
  explicit hold_table(entity_digest& digest) : digest_(digest) {}

  [[nodiscard]] const hold* find(entity_id id) const;
  const hold& add(hold made);
  void set_deadline(entity_id id, std::int64_t deadline_ms);
  void set_seats(entity_id id, priced_seats seats);
  void end(entity_id id, hold_state how, std::int64_t time_ms);
  /// Drops what ended 24 h before `time_ms`.
  void forget(std::int64_t time_ms);

  /// Live ones past their deadline, by (deadline, id); holds that are no offers, or offers.
  [[nodiscard]] std::vector<entity_id> due(std::int64_t time_ms, bool offers) const;
  /// Live ones of a session, by id.
  [[nodiscard]] std::vector<entity_id> of_session(std::int64_t session) const;
  [[nodiscard]] std::optional<std::int64_t> next_deadline() const;

  void visit(auto&& visitor, walk order = walk::sorted) const {
    visit_values(holds_, order, [&](const hold& one) { visitor(entity_kind::hold, one); });
  }
  /// After all holds of a snapshot were added.
  void restore_memory();

 private:
  using deadline_set = std::set<std::pair<std::int64_t, entity_id>>;
  deadline_set& deadlines_of(const hold& h) { return h.is_offer ? offer_deadlines_ : hold_deadlines_; }

  entity_digest& digest_;
  std::unordered_map<entity_id, hold> holds_;
  deadline_set hold_deadlines_;
  deadline_set offer_deadlines_;
  std::set<std::pair<std::int64_t, entity_id>> by_session_;
  std::deque<std::pair<std::int64_t, entity_id>> ended_;
};

}  // namespace marquee::booking
