#include "booking_app/machine/seat_selection.h"

#include <algorithm>

namespace marquee::booking {
namespace {

conflict_list list_for(selections all) {
  return conflict_list(all.front().conflicts);
}

verdict verdict_of(answer_code code, const conflict_list& conflicts) {
  if (conflicts.empty()) return std::nullopt;
  return refuse(code, conflicts);
}

void add_duplicates(const show& of, const std::vector<std::string_view>& names, conflict_list& conflicts) {
  if (names.size() < 2) return;
  std::vector<std::string_view> sorted = names;
  std::ranges::sort(sorted);
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i] != sorted[i - 1]) continue;
    const auto id = parse_seat_id(sorted[i]);
    const bool exists = id && of.has_seat(*id);
    conflicts.add(of.id, sorted[i], to_string(exists ? of.at(*id).state : seat_state::aisle));
  }
}

}  // namespace

verdict judge_duplicates(const show& of, const std::vector<std::string_view>& names) {
  conflict_list conflicts;
  add_duplicates(of, names, conflicts);
  return verdict_of(answer_code::duplicate_seat, conflicts);
}

verdict judge_lists(const step& now, selections all) {
  conflict_list conflicts = list_for(all);
  for (const seat_selection& one : all) add_duplicates(*one.of, *one.names, conflicts);
  if (!conflicts.empty()) return refuse(answer_code::duplicate_seat, conflicts);
  for (const seat_selection& one : all) {
    const std::int64_t most = one.of->max_per_booking.value_or(now.state.config.max_per_booking);
    if (one.wanted() > most - one.kept) return refuse(answer_code::limit);
  }
  return std::nullopt;
}

verdict judge_existence(selections all) {
  conflict_list conflicts = list_for(all);
  for (seat_selection& one : all) {
    for (const std::string_view name : *one.names) {
      const auto id = parse_seat_id(name);
      if (id && one.of->has_seat(*id))
        one.seats.push_back(*id);
      else
        conflicts.add(one.of->id, name, "UNKNOWN");
    }
    std::ranges::sort(one.seats);
  }
  return verdict_of(answer_code::no_such_seat, conflicts);
}

verdict judge_taking(selections all) {
  conflict_list conflicts = list_for(all);
  for (const seat_selection& one : all)
    for (const seat_id seat : one.seats)
      if (!one.free.is_free(seat))
        conflicts.add(one.of->id, to_text(seat), to_string(one.of->at(seat).state));
  if (!conflicts.empty()) return refuse(answer_code::seat_taken, conflicts);
  for (seat_selection& one : all) {
    if (!*one.best) continue;
    const best_request& best = **one.best;
    auto seats = one.free.best(best.n, best.category);
    if (!seats) return refuse_not_enough(one.free.count(best.category));
    one.seats = std::move(*seats);
  }
  return std::nullopt;
}

verdict judge_orphans(selections all) {
  conflict_list conflicts = list_for(all);
  for (seat_selection& one : all) {
    // The best seats make an orphan only where nothing else is left.
    if (one.of->orphans == orphan_rule::off || *one.best) continue;
    one.orphans = one.free.orphans_made_by(one.seats);
    if (one.of->orphans == orphan_rule::warn || one.orphans.empty()) continue;
    if (!one.free.has_block_without_orphan(one.wanted())) {
      one.orphans.clear();
      continue;
    }
    for (const seat_id seat : one.orphans) conflicts.add(one.of->id, to_text(seat), "ORPHAN");
  }
  return verdict_of(answer_code::orphan_seat, conflicts);
}

given_up find_given_up(const std::string& show_id, const priced_seats& own,
                       const std::optional<std::vector<std::string_view>>& names) {
  if (!names) return {without_prices(own), conflict_list()};
  given_up found;
  for (const std::string_view name : *names) {
    const auto id = parse_seat_id(name);
    if (id && contains(own, *id))
      found.seats.push_back(*id);
    else
      found.unknown.add(show_id, name, "UNKNOWN");
  }
  std::ranges::sort(found.seats);
  return found;
}

std::vector<std::string> seat_texts(const std::vector<std::string_view>& names) {
  return {names.begin(), names.end()};
}

std::vector<std::string> seat_texts(const std::vector<seat_id>& seats) {
  std::vector<std::string> texts;
  texts.reserve(seats.size());
  for (const seat_id seat : seats) texts.push_back(to_text(seat));
  return texts;
}

}  // namespace marquee::booking
