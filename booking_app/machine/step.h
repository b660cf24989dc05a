#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "booking_app/machine/command.h"
#include "booking_app/machine/event_list.h"
#include "booking_app/machine/machine_state.h"
#include "booking_app/machine/outcome.h"

namespace marquee::booking {

/// One record on its way through the state: what expiries, offers and commands share. Lives as long as
/// `machine::apply`.
struct step {
  machine_state& state;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  std::int64_t time_ms = 0;
  std::int32_t offers_made = 0;  ///< they share the numbering of the record's hold ids
  event_list events;
  std::vector<reply> pushed;
};

/// A command while it is executed.
struct execution {
  step& now;
  const command& asked;
  std::string show_id;  ///< the show that the answer is about, for its version
  std::vector<audit_entry> audit;

  [[nodiscard]] machine_state& state() const { return now.state; }
  [[nodiscard]] std::string client() const { return std::string(asked.client_id); }
  /// The session that the command came with, if any.
  [[nodiscard]] std::optional<std::int64_t> session() const {
    return asked.session_id ? parse_session(*asked.session_id) : std::nullopt;
  }
  [[nodiscard]] entity_id new_id() const { return {now.offset, 0}; }

  /// The answer is about this show; these seats are its history.
  void concerns(std::string_view show, std::vector<std::string> seats = {}) {
    show_id = show;
    audit.push_back({client(), std::string(asked.type), answer_code::bad_command, show_id, std::move(seats)});
  }
};

}  // namespace marquee::booking
