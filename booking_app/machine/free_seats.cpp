#include "booking_app/machine/free_seats.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <tuple>

namespace marquee::booking {
namespace {

std::uint32_t bit(std::int32_t column) {
  return 1U << (column - 1);
}

std::uint32_t bits(std::int32_t first, std::int32_t last) {
  return ((1U << (last - first + 1)) - 1) << (first - 1);
}

std::uint32_t orphans(std::uint32_t row) {
  return row & ~(row << 1) & ~(row >> 1);
}

std::uint32_t new_orphans(std::uint32_t row, std::uint32_t taken) {
  const std::uint32_t after = row & ~taken;
  return orphans(after) & ~orphans(row);
}

}  // namespace

free_seats::free_seats(const show& of) : show_(of), rows_(of.available) {}

void free_seats::give_back(const std::vector<seat_id>& seats) {
  for (const seat_id seat : seats) rows_[static_cast<std::size_t>(seat.row - 1)] |= bit(seat.column);
}

bool free_seats::is_free(seat_id seat) const {
  return (rows_[static_cast<std::size_t>(seat.row - 1)] & bit(seat.column)) != 0;
}

bool free_seats::counts(std::int32_t row, std::optional<std::string_view> category) const {
  return !category || show_.category_of(row).id == *category;
}

std::int64_t free_seats::count(std::optional<std::string_view> category) const {
  std::int64_t sum = 0;
  for (std::int32_t row = 1; row <= show_.rows(); ++row)
    if (counts(row, category)) sum += std::popcount(rows_[static_cast<std::size_t>(row - 1)]);
  return sum;
}

bool free_seats::is_better(const block& a, const block& b) const {
  const auto key = [&](const block& one) {
    return std::tuple(std::abs(2 * one.row - (show_.rows() + 1)),
                      std::abs(one.first + one.last - (show_.columns() + 1)), one.row, one.first);
  };
  return key(a) < key(b);
}

std::optional<free_seats::block> free_seats::best_block(std::int64_t n,
                                                        std::optional<std::string_view> category,
                                                        orphan_filter filter) const {
  std::optional<block> found;
  if (n < 1 || n > show_.columns()) return found;
  const auto size = static_cast<std::int32_t>(n);
  for (std::int32_t row = 1; row <= show_.rows(); ++row) {
    const std::uint32_t free = rows_[static_cast<std::size_t>(row - 1)];
    if (std::popcount(free) < size || !counts(row, category)) continue;
    for (std::int32_t first = 1; first + size - 1 <= show_.columns(); ++first) {
      const block one{row, first, first + size - 1};
      const std::uint32_t wanted = bits(one.first, one.last);
      if ((free & wanted) != wanted) continue;
      if (filter == orphan_filter::makes_none && new_orphans(free, wanted) != 0) continue;
      if (!found || is_better(one, *found)) found = one;
    }
  }
  return found;
}

std::optional<free_seats::block> free_seats::longest_run(std::optional<std::string_view> category) const {
  std::optional<block> found;
  for (std::int32_t row = 1; row <= show_.rows(); ++row) {
    if (!counts(row, category)) continue;
    const std::uint32_t free = rows_[static_cast<std::size_t>(row - 1)];
    for (std::int32_t first = 1; first <= show_.columns(); ++first) {
      const std::int32_t length = std::countr_one(free >> (first - 1));
      if (length == 0) continue;
      const block run{row, first, first + length - 1};
      first += length;
      const std::int32_t best = found ? found->last - found->first + 1 : 0;
      if (length > best || (length == best && is_better(run, *found))) found = run;
    }
  }
  return found;
}

void free_seats::take(const block& taken, std::vector<seat_id>& into) {
  rows_[static_cast<std::size_t>(taken.row - 1)] &= ~bits(taken.first, taken.last);
  for (std::int32_t column = taken.first; column <= taken.last; ++column) into.push_back({taken.row, column});
}

std::optional<std::vector<seat_id>> free_seats::best(std::int64_t n,
                                                     std::optional<std::string_view> category) const {
  if (count(category) < n) return std::nullopt;
  free_seats rest = *this;
  std::vector<seat_id> chosen;
  while (n > 0) {
    std::optional<block> next = rest.best_block(n, category, orphan_filter::makes_none);
    if (!next) next = rest.best_block(n, category, orphan_filter::any);
    if (!next) next = rest.longest_run(category);
    rest.take(*next, chosen);
    n -= next->last - next->first + 1;
  }
  std::ranges::sort(chosen);
  return chosen;
}

std::vector<seat_id> free_seats::orphans_made_by(const std::vector<seat_id>& choice) const {
  std::vector<seat_id> made;
  for (std::size_t i = 0; i < choice.size();) {
    const std::int32_t row = choice[i].row;
    std::uint32_t taken = 0;
    for (; i < choice.size() && choice[i].row == row; ++i) taken |= bit(choice[i].column);
    const std::uint32_t alone = new_orphans(rows_[static_cast<std::size_t>(row - 1)], taken);
    for (std::int32_t column = 1; column <= show_.columns(); ++column)
      if ((alone & bit(column)) != 0) made.push_back({row, column});
  }
  return made;
}

bool free_seats::has_block_without_orphan(std::int64_t n) const {
  return best_block(n, std::nullopt, orphan_filter::makes_none).has_value();
}

}  // namespace marquee::booking
