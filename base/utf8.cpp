#include "base/utf8.h"

#include <cstdint>

namespace marquee {

namespace {

std::uint8_t octet_at(std::string_view text, std::size_t position) {
  return static_cast<std::uint8_t>(text[position]);
}

bool is_between(std::uint8_t octet, std::uint8_t low, std::uint8_t high) {
  return octet >= low && octet <= high;
}

}  // namespace

std::size_t utf8_sequence_length(std::string_view text) {
  if (text.empty()) return 0;
  const std::uint8_t first = octet_at(text, 0);
  if (first < 0x80) return 1;
  const std::size_t length = is_between(first, 0xc2, 0xdf)   ? 2
                             : is_between(first, 0xe0, 0xef) ? 3
                             : is_between(first, 0xf0, 0xf4) ? 4
                                                             : 0;
  if (length == 0 || text.size() < length) return 0;
  // The second octet's range keeps out overlong forms, surrogates and what lies above U+10FFFF.
  const std::uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const std::uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (!is_between(octet_at(text, 1), low, high)) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if (!is_between(octet_at(text, i), 0x80, 0xbf)) return 0;
  return length;
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace marquee
