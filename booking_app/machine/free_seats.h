#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "booking_app/machine/seat_id.h"
#include "booking_app/machine/show.h"

namespace marquee::booking {

/// The AVAILABLE seats of a show as bits, to try choices on. A copy: nothing here changes the show.
///
/// Best seats: a block is n adjacent AVAILABLE seats of a row, from column a to b; the smallest key
/// (|2*row-(rows+1)|, |a+b-(columns+1)|, row, a) is the best: near the middle of the hall, then of the row.
/// Orphan: an AVAILABLE seat without an AVAILABLE neighbour, adjacent and not across an aisle.
class free_seats {
 public:
  explicit free_seats(const show& of);

  /// Counts seats as AVAILABLE that are about to be given up.
  void give_back(const std::vector<seat_id>& seats);
  [[nodiscard]] bool is_free(seat_id seat) const;
  /// AVAILABLE seats, of a category if given.
  [[nodiscard]] std::int64_t count(std::optional<std::string_view> category) const;

  /// The best n seats, sorted; nothing if fewer are AVAILABLE. First the best block that makes no orphan,
  /// then the best block, then pieces: the longest run whole while the rest fits no run.
  [[nodiscard]] std::optional<std::vector<seat_id>> best(std::int64_t n,
                                                         std::optional<std::string_view> category) const;

  /// Seats that are orphans after the choice and were none before, sorted.
  [[nodiscard]] std::vector<seat_id> orphans_made_by(const std::vector<seat_id>& choice) const;
  /// Whether n adjacent seats exist somewhere, in any category, that make no orphan.
  [[nodiscard]] bool has_block_without_orphan(std::int64_t n) const;

 private:
  struct block {
    std::int32_t row;
    std::int32_t first;
    std::int32_t last;
  };
  enum class orphan_filter : std::uint8_t { any, makes_none };

  [[nodiscard]] std::optional<block> best_block(std::int64_t n, std::optional<std::string_view> category,
                                                orphan_filter filter) const;
  [[nodiscard]] std::optional<block> longest_run(std::optional<std::string_view> category) const;
  [[nodiscard]] bool is_better(const block& a, const block& b) const;
  [[nodiscard]] bool counts(std::int32_t row, std::optional<std::string_view> category) const;
  void take(const block& taken, std::vector<seat_id>& into);

  const show& show_;
  std::vector<std::uint32_t> rows_;
};

}  // namespace marquee::booking
