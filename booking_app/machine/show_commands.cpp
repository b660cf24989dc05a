#include <algorithm>
#include <utility>

#include "booking_app/machine/effects.h"
#include "booking_app/machine/executors.h"
#include "booking_app/machine/json_writer.h"
#include "booking_app/machine/permission.h"
#include "booking_app/machine/seat_selection.h"
#include "booking_app/machine/show_layout.h"

namespace marquee::booking {

answer execute(execution& run, const show_add& asked) {
  if (auto no = judge_admin(run)) return *no;
  show_table& shows = run.state().shows;
  run.concerns(asked.show_id);
  if (shows.find(asked.show_id) != nullptr) return refuse(answer_code::show_exists);
  auto layout = make_layout(asked);
  if (!layout) return refuse(answer_code::bad_layout);
  auto categories = make_categories(asked.categories, static_cast<std::int64_t>(layout->size()));
  if (!categories) return refuse(answer_code::bad_layout);
  show made;
  made.id = asked.show_id;
  made.movie = asked.movie;
  made.hall = asked.hall;
  made.starts_at_ms = asked.starts_at_ms;
  made.layout = std::move(*layout);
  made.categories = std::move(*categories);
  made.max_per_booking = asked.max_per_booking;
  made.orphans = asked.orphans;
  made.queue = asked.queue;
  const show& added = shows.add(std::move(made));
  run.now.events.show("show.added", added.id, added.version);
  json_writer out;
  out.open_object().field("show_version", added.version).close_object();
  return success(answer_code::show_added, out.take());
}

answer execute(execution& run, const show_update& asked) {
  if (auto no = judge_admin(run)) return *no;
  show* const changed = run.state().shows.find(asked.show_id);
  if (changed == nullptr) return refuse(answer_code::no_such_show);
  run.concerns(changed->id);
  if (auto no = judge_version(*changed, asked.expected_version)) return *no;
  const std::int64_t rows = asked.rows.value_or(changed->rows());
  if (rows < changed->rows()) return refuse(answer_code::cannot_shrink);
  if (rows > most_rows) return refuse(answer_code::bad_layout);
  std::vector<std::string> layout = changed->layout;
  layout.resize(static_cast<std::size_t>(rows), changed->layout.back());
  auto categories = asked.categories ? make_categories(*asked.categories, rows)
                                     : std::optional(grown_categories(*changed, rows));
  if (!categories) return refuse(answer_code::bad_layout);
  run.state().shows.replace_layout(*changed, std::move(layout), std::move(*categories),
                                   asked.status.value_or(changed->status));
  run.state().shows.next_version(*changed);
  run.now.events.show("show.updated", changed->id, changed->version);
  return success(answer_code::show_updated);
}

answer execute(execution& run, const seat_block& asked) {
  if (auto no = judge_admin(run)) return *no;
  show* const of = run.state().shows.find(asked.show_id);
  if (of == nullptr) return refuse(answer_code::no_such_show);
  run.concerns(of->id, seat_texts(asked.seats));
  if (auto no = judge_duplicates(*of, asked.seats)) return *no;
  static const std::optional<best_request> no_best;
  seat_selection wanted(*of, asked.seats, no_best);
  if (auto no = judge_existence(selections(&wanted, 1))) return *no;
  const bool is_block = asked.change == block_change::block;
  const seat_state target = is_block ? seat_state::blocked : seat_state::available;
  conflict_list taken;
  std::vector<seat_id> changed;
  for (const seat_id seat : wanted.seats) {
    const seat_state state = of->at(seat).state;
    if (state == seat_state::held || state == seat_state::booked)
      taken.add(of->id, to_text(seat), to_string(state));
    if (state != target) changed.push_back(seat);
  }
  if (!taken.empty()) return refuse(answer_code::seat_taken, taken);
  if (!changed.empty()) {
    set_seats(run.now, *of, changed, target);
    announce_seats(run.now, *of, is_block ? "seat.blocked" : "seat.unblocked", run.asked.client_id, changed);
  }
  return success(is_block ? answer_code::blocked : answer_code::unblocked);
}

answer execute(execution& run, const config_set& asked) {
  if (auto no = judge_admin(run)) return *no;
  settings& config = run.state().config;
  if (!config.set(asked.key, asked.value)) return refuse(answer_code::bad_config);
  run.state().digest.update(entity_kind::settings, config);
  return success(answer_code::config_set);
}

}  // namespace marquee::booking
