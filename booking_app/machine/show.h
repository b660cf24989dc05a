#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "booking_app/machine/entity_digest.h"
#include "booking_app/machine/seat_id.h"

namespace marquee::booking {

enum class seat_state : std::uint8_t { available, held, booked, blocked, aisle };
enum class show_status : std::uint8_t { open, closed };
enum class orphan_rule : std::uint8_t { off, warn, reject_unless_unavoidable };

/// `AVAILABLE`
[[nodiscard]] std::string_view to_string(seat_state state);
[[nodiscard]] std::string_view to_string(show_status status);

/// A place of the hall. Aisles are places that nobody can sit on; they are no seats.
struct seat {
  seat_state state = seat_state::available;
  entity_id holder = {};  ///< the hold or booking that it belongs to while held or booked
  digest_value share = {};
};

void describe(auto& archive, is_entity<seat> auto& s) {
  archive(s.state, s.holder);
}

struct seat_category {
  std::string id;
  std::string name;
  std::int64_t price_cents = 0;
  std::vector<std::int64_t> rows;

  bool operator==(const seat_category&) const = default;
};

void describe(auto& archive, is_entity<seat_category> auto& c) {
  archive(c.id, c.name, c.price_cents, c.rows);
}

struct admission_rule {
  std::int64_t max_active = 0;
  std::int64_t admit_ms = 0;
};

void describe(auto& archive, is_entity<admission_rule> auto& r) {
  archive(r.max_active, r.admit_ms);
}

struct seat_counts {
  std::int64_t available = 0;
  std::int64_t held = 0;
  std::int64_t booked = 0;
  std::int64_t blocked = 0;

  [[nodiscard]] std::int64_t total() const { return available + held + booked + blocked; }
  [[nodiscard]] std::int64_t& of(seat_state state);
};

/// A show and its seats, row by row. Changed by `show_table` only.
struct show {
  std::string id;
  std::string movie;
  std::string hall;
  std::int64_t starts_at_ms = 0;
  std::vector<std::string> layout;  ///< a text per row: `s` seat, `.` aisle
  std::vector<seat_category> categories;
  std::optional<std::int64_t> max_per_booking;
  orphan_rule orphans = orphan_rule::off;
  std::optional<admission_rule> queue;

  std::int64_t version = 1;
  show_status status = show_status::open;
  std::vector<seat> seats;

  // Made from the above: `available` has a bit per AVAILABLE seat of a row, column 1 being bit 0.
  std::vector<std::uint32_t> available;
  std::vector<std::size_t> category_of_row;
  seat_counts counts;
  digest_value share = {};
  digest_value progress_share;

  [[nodiscard]] std::int32_t rows() const { return static_cast<std::int32_t>(layout.size()); }
  [[nodiscard]] std::int32_t columns() const {
    return layout.empty() ? 0 : static_cast<std::int32_t>(layout[0].size());
  }
  /// False for aisles and for what lies outside.
  [[nodiscard]] bool has_seat(seat_id id) const;
  /// The place must be within the hall.
  [[nodiscard]] const seat& at(seat_id id) const { return seats[index_of(id)]; }
  [[nodiscard]] std::size_t index_of(seat_id id) const {
    return static_cast<std::size_t>(id.row - 1) * layout[0].size() + static_cast<std::size_t>(id.column - 1);
  }
  [[nodiscard]] const seat_category& category_of(std::int32_t row) const {
    return categories[category_of_row[static_cast<std::size_t>(row - 1)]];
  }
  [[nodiscard]] std::int64_t price_of(seat_id id) const { return category_of(id.row).price_cents; }
};

void describe(auto& archive, is_entity<show> auto& s) {
  archive(s.id, s.movie, s.hall, s.starts_at_ms, s.layout, s.categories, s.max_per_booking, s.orphans,
          s.queue);
  archive.beside_digest(s.version, s.status, s.seats);
}

/// Sums of money stop at the largest number instead of overflowing.
[[nodiscard]] std::int64_t add_money(std::int64_t a, std::int64_t b);

}  // namespace marquee::booking
