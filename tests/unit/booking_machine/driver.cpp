#include "driver.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace marquee::booking {

void driver::apply(const std::string& bytes) {
  last_bytes_ = bytes;
  timestamp_ms_ += step_ms;
  last_ = target.apply({target.next_offset(), timestamp_ms_, as_bytes(bytes)});
}

json driver::raw(std::string bytes) {
  apply(bytes);
  if (last_.replies.empty()) return {};
  return json::parse(reply_text(last_, last_.replies[0]));
}

json driver::send(const std::string& client, const std::string& type, const json& body, const json& extra) {
  json command = {{"v", 1},
                  {"type", type},
                  {"client_id", client},
                  {"reply_to", "fe-1"},
                  {"body", body.is_null() ? json::object() : body}};
  command.update(extra);
  if (!command.contains("seq") && !command.contains("idem_key")) command["seq"] = ++sequences_[client];
  return raw(command.dump());
}

json driver::repeat() {
  return raw(last_bytes_);
}

void driver::wait(std::int64_t ms) {
  const std::int64_t usual_ms = step_ms;
  while (ms > 0) {
    step_ms = std::min<std::int64_t>(ms, 1000);
    ms -= step_ms;
    apply(R"({"v":1,"type":"tick"})");
  }
  step_ms = usual_ms;
}

void driver::add_show(const std::string& id, int rows, int cols, json more) {
  json body = {{"show_id", id}, {"movie", "Dune"}, {"hall", "1"}, {"starts_at_ms", 2'000'000'000'000},
               {"rows", rows},  {"cols", cols}};
  body.update(more);
  ASSERT_EQ(code("admin", "show.add", body), "SHOW_ADDED");
}

std::vector<std::string> driver::event_types() const {
  std::vector<std::string> types;
  for (const json& event : events()) types.push_back(event["type"]);
  return types;
}

std::vector<json> driver::replies() const {
  std::vector<json> parsed;
  for (const reply& one : last_.replies) parsed.push_back(json::parse(reply_text(last_, one)));
  return parsed;
}

seat_state driver::state_of(const std::string& show, const std::string& seat) const {
  return target.state().shows.find(show)->at(*parse_seat_id(seat)).state;
}

void expect_consistent(const machine& target) {
  const machine_state& state = target.state();
  ASSERT_EQ(to_text(target.digest()), to_text(target.recomputed_digest()));
  for (const auto& [id, one] : state.shows.all()) {
    seat_counts counts;
    for (std::int32_t row = 1; row <= one.rows(); ++row)
      for (std::int32_t column = 1; column <= one.columns(); ++column) {
        const seat_id place{row, column};
        const seat& found = one.at(place);
        if (found.state == seat_state::aisle) continue;
        ++counts.of(found.state);
        if (found.state == seat_state::held) {
          const hold* const by = state.holds.find(found.holder);
          ASSERT_TRUE(by != nullptr && by->state == hold_state::live && by->show == id &&
                      contains(by->seats, place));
        } else if (found.state == seat_state::booked) {
          const booking* const by = state.bookings.find(found.holder);
          ASSERT_TRUE(by != nullptr && by->state == booking_state::live && by->show == id &&
                      contains(by->seats, place));
        }
      }
    ASSERT_EQ(counts.available, one.counts.available);
    ASSERT_EQ(counts.held, one.counts.held);
    ASSERT_EQ(counts.booked, one.counts.booked);
    ASSERT_EQ(counts.blocked, one.counts.blocked);
  }
}

}  // namespace marquee::booking
