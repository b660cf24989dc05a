#include "booking_app/machine/settings.h"

#include <algorithm>
#include <array>

#include "booking_app/machine/identifier_rules.h"
#include "booking_app/machine/seat_id.h"

namespace marquee::booking {
namespace {

struct number_setting {
  std::string_view key;
  std::int64_t settings::* member;
  std::int64_t least;
  std::int64_t most;
};

// No duration is so long that a deadline could overflow.
constexpr std::int64_t longest_ms = 1'000'000'000'000;
constexpr std::int64_t most_things = 1'000'000'000;
constexpr std::int64_t most_seats = std::int64_t{most_rows} * most_columns;

constexpr std::array number_settings = {
    number_setting{"lease_ms", &settings::lease_ms, shortest_lease_ms, longest_lease_ms},
    number_setting{"grace_ms", &settings::grace_ms, 0, longest_grace_ms},
    number_setting{"hold_ms", &settings::hold_ms, 1, longest_ms},
    number_setting{"max_hold_ms", &settings::max_hold_ms, 1, longest_ms},
    number_setting{"max_per_booking", &settings::max_per_booking, 1, most_seats},
    number_setting{"offer_ms", &settings::offer_ms, 1, longest_ms},
    number_setting{"lock_ttl_ms", &settings::lock_ttl_ms, 1, longest_lock_ttl_ms},
    number_setting{"lock_delay_ms", &settings::lock_delay_ms, 0, longest_ms},
    number_setting{"max_txn_bytes", &settings::max_txn_bytes, 1, most_things},
    number_setting{"max_sessions", &settings::max_sessions, 1, most_things},
    number_setting{"max_sessions_per_client", &settings::max_sessions_per_client, 1, most_things},
};

/// Without an administrator nobody could ever change anything again, so the list must not be empty.
bool set_admins(settings& target, const json_value& value) {
  const auto fits = [](const json_value& item) {
    return item.kind == json_value::type::text && is_valid_name(item.text);
  };
  if (value.kind != json_value::type::array || value.items.empty() || !std::ranges::all_of(value.items, fits))
    return false;
  target.admins.clear();
  for (const json_value& item : value.items) target.admins.emplace_back(item.text);
  return true;
}

}  // namespace

bool settings::is_admin(std::string_view client) const {
  return std::ranges::find(admins, client) != admins.end();
}

bool settings::set(std::string_view key, const json_value& value) {
  if (key == "admins") return set_admins(*this, value);
  const auto found = std::ranges::find(number_settings, key, &number_setting::key);
  if (found == number_settings.end() || value.kind != json_value::type::integer ||
      value.integer < found->least || value.integer > found->most)
    return false;
  this->*found->member = value.integer;
  return true;
}

}  // namespace marquee::booking
