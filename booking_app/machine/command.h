#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "booking_app/machine/answer_key.h"
#include "booking_app/machine/digest.h"
#include "booking_app/machine/json_tree.h"
#include "booking_app/machine/show.h"

// The commands of the table in booking.md section 4, decoded and well formed. Texts are windows on the
// record.
namespace marquee::booking {

struct best_request {
  std::int64_t n = 0;
  std::optional<std::string_view> category;
};
/// Seats by name, not empty, or the best n.
struct seat_request {
  std::vector<std::string_view> seats;
  std::optional<best_request> best;
};

struct session_open {
  std::optional<std::int64_t> lease_ms;
  std::optional<std::int64_t> grace_ms;
  std::optional<std::string_view> resume;
};
struct session_touch {
  std::vector<std::string_view> ids;
};
struct session_close {};

struct show_add {
  std::string_view show_id;
  std::string_view movie;
  std::string_view hall;
  std::int64_t starts_at_ms = 0;
  std::optional<std::int64_t> rows;
  std::optional<std::int64_t> columns;
  std::optional<std::vector<std::string_view>> layout;
  std::vector<seat_category> categories;
  std::optional<std::int64_t> max_per_booking;
  orphan_rule orphans = orphan_rule::off;
  std::optional<admission_rule> queue;
};
struct show_update {
  std::string_view show_id;
  std::optional<std::int64_t> rows;
  std::optional<show_status> status;
  std::optional<std::vector<seat_category>> categories;
  std::optional<std::int64_t> expected_version;
};
enum class on_booked : std::uint8_t { reject, cancel, rebook_next };
struct show_remove {
  std::string_view show_id;
  on_booked mode = on_booked::reject;
};

struct seat_hold {
  std::string_view show_id;
  seat_request wanted;
  std::optional<std::int64_t> ttl_ms;
};
struct hold_extend {
  std::string_view hold_id;
  std::optional<std::int64_t> ttl_ms;
};
struct hold_release {
  std::string_view hold_id;
  std::optional<std::vector<std::string_view>> seats;
};
struct booking_confirm {
  std::string_view hold_id;
};
struct seat_reserve {
  std::string_view show_id;
  seat_request wanted;
  std::optional<std::int64_t> expected_version;
};
struct seat_cancel {
  std::string_view show_id;
  std::vector<std::string_view> seats;
};
struct booking_cancel {
  std::string_view booking_id;
  std::optional<std::vector<std::string_view>> seats;
};
struct booking_exchange {
  std::string_view booking_id;
  std::optional<std::vector<std::string_view>> from_seats;
  std::string_view to_show;
  seat_request to;
};
struct reserve_item {
  std::string_view show_id;
  std::vector<std::string_view> seats;
};
struct multi_reserve {
  std::vector<reserve_item> items;
};

struct waitlist_join {
  std::string_view show_id;
  best_request wanted;
};
struct waitlist_leave {
  std::string_view show_id;
};
enum class block_change : std::uint8_t { block, unblock };
struct seat_block {
  block_change change = block_change::block;
  std::string_view show_id;
  std::vector<std::string_view> seats;
  std::string_view reason;
};
struct queue_join {
  std::string_view show_id;
};

struct lock_acquire {
  std::string_view name;
  std::optional<std::int64_t> ttl_ms;
  bool wait = true;
  std::optional<std::int64_t> max_wait_ms;
};
struct lock_renew {
  std::string_view name;
  std::int64_t token = 0;
  std::optional<std::int64_t> ttl_ms;
};
struct lock_append {
  std::string_view name;
  std::int64_t token = 0;
  std::string_view target;
  bytes data;
};
struct lock_release {
  std::string_view name;
  std::int64_t token = 0;
  bool commit = true;
};
struct lock_break {
  std::string_view name;
  std::string_view reason;
};

struct config_set {
  std::string_view key;
  json_value value;
};
/// `tick` and `sm.version`: nothing but time.
struct no_command {};

using command_body =
    std::variant<no_command, session_open, session_touch, session_close, show_add, show_update, show_remove,
                 seat_hold, hold_extend, hold_release, booking_confirm, seat_reserve, seat_cancel,
                 booking_cancel, booking_exchange, multi_reserve, waitlist_join, waitlist_leave, seat_block,
                 queue_join, lock_acquire, lock_renew, lock_append, lock_release, lock_break, config_set>;

struct lock_proof {
  std::string_view name;
  std::int64_t token = 0;
};

/// A whole record.
struct command {
  std::string_view type;
  std::string_view client_id;
  std::optional<std::string_view> session_id;
  answer_key key;
  std::optional<std::int64_t> ack_below;
  std::string_view reply_to;
  std::optional<lock_proof> lock;
  digest_value payload;  ///< hash of type and body, equal for equal JSON
  command_body body;

  /// Whether it is answered once per key and has a client: all but `tick`, `session.touch` and `sm.version`.
  [[nodiscard]] bool is_deduplicated() const {
    return !std::holds_alternative<no_command>(body) && !std::holds_alternative<session_touch>(body);
  }
};

}  // namespace marquee::booking
