#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "booking_app/machine/entity_digest.h"
#include "booking_app/machine/priced_seat.h"
#include "booking_app/machine/text_map.h"

namespace marquee::booking {

enum class booking_state : std::uint8_t { live, cancelled };

/// Seats that a client has paid for. Survives sessions; ends when its last seat is given back.
struct booking {
  entity_id id;
  std::string client;
  std::string show;
  priced_seats seats;
  booking_state state = booking_state::live;
  std::int64_t cancelled_ms = 0;
  digest_value share = {};
};

void describe(auto& archive, is_entity<booking> auto& b) {
  archive(b.id, b.client, b.show, b.seats, b.state, b.cancelled_ms);
}

/// Live bookings, and cancelled ones for 24 h. Seats are not its affair, as with holds.
class booking_table {
 public:
  explicit booking_table(entity_digest& digest) : digest_(digest) {}

  [[nodiscard]] const booking* find(entity_id id) const;
  /// Live and remembered ones of a client, by id.
  [[nodiscard]] const std::set<entity_id>& of_client(std::string_view client) const;

  const booking& add(booking made);
  void set_content(entity_id id, std::string show, priced_seats seats);
  /// The booking keeps no seat.
  void cancel(entity_id id, std::int64_t time_ms);
  /// Drops what was cancelled 24 h before `time_ms`.
  void forget(std::int64_t time_ms);

  void visit(auto&& visitor, walk order = walk::sorted) const {
    visit_values(bookings_, order, [&](const booking& one) { visitor(entity_kind::booking, one); });
  }
  /// After all bookings of a snapshot were added.
  void restore_memory();

 private:
  entity_digest& digest_;
  std::unordered_map<entity_id, booking> bookings_;
  text_map<std::set<entity_id>> by_client_;
  std::deque<std::pair<std::int64_t, entity_id>> cancelled_;
};

}  // namespace marquee::booking
