#include <array>
#include <utility>

#include "booking_app/machine/body_decoders.h"

namespace marquee::booking {
namespace {

/// One of a few words.
template <class Value, std::size_t count>
Value read_word(field_reader& body, std::string_view name, Value fallback,
                const std::array<std::pair<std::string_view, Value>, count>& words) {
  const auto word = body.optional_text(name);
  if (!word) return fallback;
  for (const auto& [text, value] : words)
    if (text == *word) return value;
  body.refuse(name, "is none of the known values");
  return fallback;
}

std::vector<seat_category> read_categories(field_reader& body) {
  std::vector<seat_category> categories;
  for (const json_value* const item : body.objects("categories")) {
    field_reader fields = body.child(*item, "body.categories[]");
    seat_category& category = categories.emplace_back();
    category.id = fields.text("id");
    category.name = fields.text("name");
    category.price_cents = fields.integer("price_cents", 0, largest_integer);
    category.rows = fields.integers("rows");
    fields.finish();
  }
  return categories;
}

std::optional<admission_rule> read_queue(field_reader& body) {
  const json_value* const queue = body.optional_object("queue");
  if (queue == nullptr) return std::nullopt;
  field_reader fields = body.child(*queue, "body.queue");
  admission_rule rule;
  rule.max_active = fields.integer("max_active", 1, largest_integer);
  // A deadline, and position times this, must not overflow.
  rule.admit_ms = fields.integer("admit_ms", 1, 1'000'000'000'000);
  fields.finish();
  return rule;
}

}  // namespace

command_body decode_show_add(field_reader& body) {
  constexpr std::array rules = {
      std::pair(std::string_view("off"), orphan_rule::off),
      std::pair(std::string_view("warn"), orphan_rule::warn),
      std::pair(std::string_view("reject_unless_unavoidable"), orphan_rule::reject_unless_unavoidable),
  };
  show_add added;
  added.show_id = read_show_id(body);
  added.movie = body.text("movie");
  added.hall = body.text("hall");
  added.starts_at_ms = body.integer("starts_at_ms", 1, largest_integer);
  added.rows = body.optional_integer("rows", -largest_integer, largest_integer);
  added.columns = body.optional_integer("cols", -largest_integer, largest_integer);
  added.layout = body.optional_texts("layout");
  if (body.has("categories")) added.categories = read_categories(body);
  added.max_per_booking = body.optional_integer("max_per_booking", 1, largest_integer);
  added.orphans = read_word(body, "orphan_rule", orphan_rule::off, rules);
  added.queue = read_queue(body);
  return added;
}

command_body decode_show_update(field_reader& body) {
  constexpr std::array statuses = {
      std::pair(std::string_view("OPEN"), show_status::open),
      std::pair(std::string_view("CLOSED"), show_status::closed),
  };
  show_update changed;
  changed.show_id = read_show_id(body);
  changed.rows = body.optional_integer("rows", -largest_integer, largest_integer);
  const bool has_status = body.has("status");
  const show_status status = read_word(body, "status", show_status::open, statuses);
  if (has_status) changed.status = status;
  if (body.has("categories")) changed.categories = read_categories(body);
  changed.expected_version = body.optional_integer("expected_version", -largest_integer, largest_integer);
  return changed;
}

command_body decode_show_remove(field_reader& body) {
  constexpr std::array modes = {
      std::pair(std::string_view("reject"), on_booked::reject),
      std::pair(std::string_view("cancel"), on_booked::cancel),
      std::pair(std::string_view("rebook_next"), on_booked::rebook_next),
  };
  show_remove removed;
  removed.show_id = read_show_id(body);
  removed.mode = read_word(body, "on_booked", on_booked::reject, modes);
  return removed;
}

}  // namespace marquee::booking
