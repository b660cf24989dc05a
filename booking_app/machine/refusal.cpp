#include "booking_app/machine/refusal.h"

#include <algorithm>

#include "booking_app/machine/json_writer.h"
#include "booking_app/machine/seat_id.h"

namespace marquee::booking {
namespace {

answer write(answer_code code, std::string_view message, const conflict_list* conflicts,
             std::optional<std::int64_t> free) {
  json_writer out;
  out.open_object().field("code", to_string(code));
  if (conflicts != nullptr) out.raw_field("conflicts", conflicts->text());
  if (free) out.field("free", *free);
  out.field("message", message).field("outcome", "definite").close_object();
  return {code, out.take(), {}};
}

}  // namespace

void conflict_list::add(std::string_view show, std::string_view seat, std::string_view state) {
  conflicts_.push_back({std::string(show), std::string(seat), state});
}

std::string conflict_list::text() const {
  std::vector<conflict> sorted = conflicts_;
  std::ranges::sort(sorted, [](const conflict& a, const conflict& b) {
    return a.show != b.show ? a.show < b.show : seat_text_less(a.seat, b.seat);
  });
  const auto rest = std::ranges::unique(
      sorted, [](const conflict& a, const conflict& b) { return a.show == b.show && a.seat == b.seat; });
  sorted.erase(rest.begin(), rest.end());
  json_writer out;
  out.open_array();
  for (const conflict& one : sorted) {
    out.open_object().field("seat", one.seat);
    if (shape_ == shape::many_shows) out.field("show_id", one.show);
    out.field("state", one.state).close_object();
  }
  return out.close_array().take();
}

answer refuse(answer_code code) {
  return write(code, explain(code), nullptr, {});
}

answer refuse(answer_code code, std::string_view message) {
  return write(code, message, nullptr, {});
}

answer refuse(answer_code code, const conflict_list& conflicts) {
  return write(code, explain(code), &conflicts, {});
}

answer refuse_not_enough(std::int64_t free) {
  return write(answer_code::not_enough_seats, explain(answer_code::not_enough_seats), nullptr, free);
}

}  // namespace marquee::booking
