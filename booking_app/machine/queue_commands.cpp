#include "booking_app/machine/effects.h"
#include "booking_app/machine/executors.h"
#include "booking_app/machine/free_seats.h"
#include "booking_app/machine/json_writer.h"
#include "booking_app/machine/permission.h"

namespace marquee::booking {
namespace {

answer admitted_answer(std::int64_t joined) {
  json_writer out;
  out.open_object().field("token", to_text(admission_letter, {joined, 0})).close_object();
  return success(answer_code::admitted, out.take());
}

answer waiting_answer(std::int64_t position, const admission_rule& rule) {
  const std::int64_t rounds = (position - 1) / rule.max_active + 1;
  json_writer out;
  out.open_object().field("eta_ms", rounds * rule.admit_ms).field("position", position).close_object();
  return success(answer_code::waiting, out.take());
}

}  // namespace

answer execute(execution& run, const waitlist_join& asked) {
  machine_state& state = run.state();
  const show* const of = state.shows.find(asked.show_id);
  if (of == nullptr) return refuse(answer_code::no_such_show);
  run.concerns(of->id);
  if (auto no = judge_taking_from(run, *of)) return *no;
  if (asked.wanted.n > of->max_per_booking.value_or(state.config.max_per_booking))
    return refuse(answer_code::limit);
  if (state.waiting.find(of->id, run.asked.client_id) != nullptr) return refuse(answer_code::already_waiting);
  if (free_seats(*of).count(asked.wanted.category) >= asked.wanted.n)
    return refuse(answer_code::not_sold_out);
  waiting_entry entry{
      .show = of->id, .joined = run.now.offset, .client = run.client(), .session = run.session()};
  entry.n = asked.wanted.n;
  entry.category = asked.wanted.category;
  state.waiting.add(std::move(entry));
  run.now.events.waiting_list("waitlist.joined", run.asked.client_id, of->id, asked.wanted.n);
  json_writer out;
  out.open_object().field("position", state.waiting.length(of->id)).close_object();
  return success(answer_code::queued, out.take());
}

answer execute(execution& run, const waitlist_leave& asked) {
  machine_state& state = run.state();
  const show* const of = state.shows.find(asked.show_id);
  if (of == nullptr) return refuse(answer_code::no_such_show);
  run.concerns(of->id);
  const waiting_entry* const entry = state.waiting.find(of->id, run.asked.client_id);
  if (entry == nullptr) return refuse(answer_code::not_waiting);
  run.now.events.waiting_list("waitlist.left", run.asked.client_id, of->id, entry->n);
  state.waiting.remove(of->id, entry->joined);
  return success(answer_code::left);
}

/// Where nobody queues everybody is admitted, and nothing is remembered of it.
answer execute(execution& run, const queue_join& asked) {
  machine_state& state = run.state();
  const show* const of = state.shows.find(asked.show_id);
  if (of == nullptr) return refuse(answer_code::no_such_show);
  run.concerns(of->id);
  if (!of->queue) return admitted_answer(run.now.offset);
  const admission* place = state.admissions.find(of->id, run.asked.client_id);
  if (place == nullptr) {
    place = &state.admissions.add(
        {.show = of->id, .joined = run.now.offset, .client = run.client(), .session = run.session()});
    admit_waiting(run.now, of->id);
  }
  if (place->is_admitted) return admitted_answer(place->joined);
  return waiting_answer(state.admissions.position(*place), *of->queue);
}

}  // namespace marquee::booking
