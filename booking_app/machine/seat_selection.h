#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "booking_app/machine/free_seats.h"
#include "booking_app/machine/refusal.h"
#include "booking_app/machine/step.h"

namespace marquee::booking {

/// What a command wants of one show, on its way through steps 11 to 15 of the order of checks. The judges
/// below look at all selections of a command before the next judge does; each gives the refusal, or nothing.
struct seat_selection {
  seat_selection(show& from, const std::vector<std::string_view>& names,
                 const std::optional<best_request>& best_n)
      : of(&from), names(&names), best(&best_n), free(from) {}

  /// How many seats are asked for.
  [[nodiscard]] std::int64_t wanted() const {
    return *best ? (*best)->n : static_cast<std::int64_t>(names->size());
  }

  show* of;
  const std::vector<std::string_view>* names;
  const std::optional<best_request>* best;
  free_seats free;        ///< with what the command gives up
  std::int64_t kept = 0;  ///< seats that the booking has besides
  conflict_list::shape conflicts = conflict_list::shape::one_show;
  std::vector<seat_id> seats;    ///< the choice, sorted; complete after `judge_taking`
  std::vector<seat_id> orphans;  ///< what the choice makes lonely, if the show's rule asks
};

using selections = std::span<seat_selection>;
using verdict = std::optional<answer>;

/// `DUPLICATE_SEAT` of names that the command lists of `of`.
[[nodiscard]] verdict judge_duplicates(const show& of, const std::vector<std::string_view>& names);

[[nodiscard]] verdict judge_lists(const step& now, selections all);
[[nodiscard]] verdict judge_existence(selections all);
[[nodiscard]] verdict judge_taking(selections all);
[[nodiscard]] verdict judge_orphans(selections all);

/// What giving up seats of a hold or booking needs: the given names, or all of its seats.
struct given_up {
  std::vector<seat_id> seats;
  conflict_list unknown;
};
/// Step 12 for a hold or booking: names that are no seats of it are unknown.
[[nodiscard]] given_up find_given_up(const std::string& show_id, const priced_seats& own,
                                     const std::optional<std::vector<std::string_view>>& names);

/// Seats as texts, for the history.
[[nodiscard]] std::vector<std::string> seat_texts(const std::vector<std::string_view>& names);
[[nodiscard]] std::vector<std::string> seat_texts(const std::vector<seat_id>& seats);

}  // namespace marquee::booking
