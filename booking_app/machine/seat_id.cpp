#include "booking_app/machine/seat_id.h"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace marquee::booking {
namespace {

bool looks_like_a_seat(std::string_view text) {
  if (text.size() < 2 || text[0] < '1' || text[0] > '9') return false;
  const char letter = text.back();
  const std::string_view digits = text.substr(0, text.size() - 1);
  return letter >= 'A' && letter <= 'Z' &&
         std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string to_text(seat_id id) {
  char buffer[16];
  char* end = std::to_chars(buffer, buffer + sizeof buffer - 1, id.row).ptr;
  *end++ = static_cast<char>('A' + id.column - 1);
  return {buffer, end};
}

std::optional<seat_id> parse_seat_id(std::string_view text) {
  if (!looks_like_a_seat(text) || text.size() > 5) return std::nullopt;
  seat_id id{0, text.back() - 'A' + 1};
  std::from_chars(text.data(), text.data() + text.size() - 1, id.row);
  if (id.row > most_rows) return std::nullopt;
  return id;
}

bool seat_text_less(std::string_view a, std::string_view b) {
  const auto key = [](std::string_view text) {
    const bool other = !looks_like_a_seat(text);
    const std::string_view digits = other ? std::string_view() : text.substr(0, text.size() - 1);
    return std::tuple(other, digits.size(), digits, text);
  };
  return key(a) < key(b);
}

}  // namespace marquee::booking
