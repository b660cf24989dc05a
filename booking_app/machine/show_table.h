#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "booking_app/machine/entity_digest.h"
#include "booking_app/machine/show.h"

namespace marquee::booking {

/// The part of a show that changes often, an entity of its own so that a booking costs no hash of the layout.
struct show_progress {
  const std::string& id;
  std::int64_t version;
  show_status status;
};

void describe(auto& archive, is_entity<show_progress> auto& p) {
  archive(p.id, p.version, p.status);
}

/// A seat with its place: what the digest covers of it.
struct placed_seat {
  const std::string& show;
  seat_id place;
  const seat& content;
};

void describe(auto& archive, is_entity<placed_seat> auto& s) {
  archive(s.show, s.place.row, s.place.column, s.content);
}

/// All shows with their seats. Everything about a show changes through here, so that bits, counts and digest
/// follow; a pointer to a show lives until the show is removed.
class show_table {
 public:
  explicit show_table(entity_digest& digest) : digest_(digest) {}

  [[nodiscard]] show* find(std::string_view id);
  [[nodiscard]] const show* find(std::string_view id) const {
    return const_cast<show_table*>(this)->find(id);
  }
  /// In the order of their ids.
  [[nodiscard]] const std::map<std::string, show, std::less<>>& all() const { return shows_; }

  /// A show that was just made: its seats are laid out.
  show& add(show made);
  /// A show from a snapshot: its seats are there already.
  show& restore(show read);
  void remove(const show& gone);

  /// The seat must exist. `holder` is empty unless held or booked.
  void set_seat(show& owner, seat_id id, seat_state state, entity_id holder = {});
  /// Before each event about the show's seats or itself.
  void next_version(show& changed);
  /// New rows get `layout`'s texts; the layout may only have grown at its end.
  void replace_layout(show& changed, std::vector<std::string> layout, std::vector<seat_category> categories,
                      show_status status);

  void visit(auto&& visitor) const {
    for (const auto& [id, one] : shows_) visitor(entity_kind::show, one);
  }
  /// Besides `visit`: what the digest covers of progress and seats.
  void visit_details(auto&& visitor) const {
    for (const auto& [id, one] : shows_) {
      visitor(entity_kind::show_progress, show_progress{one.id, one.version, one.status});
      for (std::int32_t row = 1; row <= one.rows(); ++row)
        for (std::int32_t column = 1; column <= one.columns(); ++column)
          visitor(entity_kind::seat, placed_seat{one.id, {row, column}, one.at({row, column})});
    }
  }

 private:
  void derive(show& of);
  void digest_progress(show& changed);
  void digest_seat(show& owner, seat_id id);

  entity_digest& digest_;
  std::map<std::string, show, std::less<>> shows_;
};

}  // namespace marquee::booking
