#include "booking_app/machine/show_table.h"

#include <utility>

namespace marquee::booking {

show* show_table::find(std::string_view id) {
  const auto found = shows_.find(id);
  return found == shows_.end() ? nullptr : &found->second;
}

show& show_table::add(show made) {
  made.seats.clear();
  for (const std::string& row : made.layout)
    for (const char place : row)
      made.seats.push_back({.state = place == 's' ? seat_state::available : seat_state::aisle});
  return restore(std::move(made));
}

show& show_table::restore(show read) {
  const std::string id = read.id;
  show& added = shows_.insert_or_assign(id, std::move(read)).first->second;
  derive(added);
  digest_.update(entity_kind::show, added);
  digest_progress(added);
  for (std::int32_t row = 1; row <= added.rows(); ++row)
    for (std::int32_t column = 1; column <= added.columns(); ++column) digest_seat(added, {row, column});
  return added;
}

void show_table::remove(const show& gone) {
  const auto found = shows_.find(gone.id);
  show& removed = found->second;
  digest_.remove(removed);
  digest_.remove_share(removed.progress_share);
  for (seat& one : removed.seats) digest_.remove(one);
  shows_.erase(found);
}

void show_table::set_seat(show& owner, seat_id id, seat_state state, entity_id holder) {
  seat& changed = owner.seats[owner.index_of(id)];
  --owner.counts.of(changed.state);
  ++owner.counts.of(state);
  changed.state = state;
  changed.holder = holder;
  const std::uint32_t bit = 1U << (id.column - 1);
  std::uint32_t& row = owner.available[static_cast<std::size_t>(id.row - 1)];
  row = state == seat_state::available ? row | bit : row & ~bit;
  digest_seat(owner, id);
}

void show_table::next_version(show& changed) {
  ++changed.version;
  digest_progress(changed);
}

void show_table::replace_layout(show& changed, std::vector<std::string> layout,
                                std::vector<seat_category> categories, show_status status) {
  const std::int32_t rows_before = changed.rows();
  changed.layout = std::move(layout);
  changed.categories = std::move(categories);
  changed.status = status;
  for (std::int32_t row = rows_before + 1; row <= changed.rows(); ++row)
    for (const char place : changed.layout[static_cast<std::size_t>(row - 1)])
      changed.seats.push_back({.state = place == 's' ? seat_state::available : seat_state::aisle});
  derive(changed);
  digest_.update(entity_kind::show, changed);
  digest_progress(changed);
  for (std::int32_t row = rows_before + 1; row <= changed.rows(); ++row)
    for (std::int32_t column = 1; column <= changed.columns(); ++column) digest_seat(changed, {row, column});
}

void show_table::derive(show& of) {
  of.counts = {};
  of.available.assign(of.layout.size(), 0);
  for (std::int32_t row = 1; row <= of.rows(); ++row)
    for (std::int32_t column = 1; column <= of.columns(); ++column) {
      const seat_state state = of.at({row, column}).state;
      if (state == seat_state::aisle) continue;
      ++of.counts.of(state);
      if (state == seat_state::available)
        of.available[static_cast<std::size_t>(row - 1)] |= 1U << (column - 1);
    }
  of.category_of_row.assign(of.layout.size(), 0);
  for (std::size_t category = 0; category < of.categories.size(); ++category)
    for (const std::int64_t row : of.categories[category].rows)
      of.category_of_row[static_cast<std::size_t>(row - 1)] = category;
}

void show_table::digest_progress(show& changed) {
  digest_.update_share(entity_kind::show_progress, changed.progress_share,
                       show_progress{changed.id, changed.version, changed.status});
}

void show_table::digest_seat(show& owner, seat_id id) {
  seat& changed = owner.seats[owner.index_of(id)];
  digest_.update_share(entity_kind::seat, changed.share, placed_seat{owner.id, id, changed});
}

}  // namespace marquee::booking
