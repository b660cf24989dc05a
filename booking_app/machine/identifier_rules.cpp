#include "booking_app/machine/identifier_rules.h"

#include <algorithm>

#include "base/utf8.h"

namespace marquee::booking {
namespace {

bool is_plain(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}
bool is_plain(std::string_view text, std::size_t longest) {
  return !text.empty() && text.size() <= longest &&
         std::ranges::all_of(text, [](char c) { return is_plain(c); });
}

}  // namespace

bool is_valid_name(std::string_view text) {
  if (text.empty() || text.size() > 255) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octet = static_cast<unsigned char>(text[i]);
    if (octet < 0x20 || octet == 0x7f) return false;
    // U+0080 to U+009F are control characters too.
    if (octet == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
  }
  return is_valid_utf8(text);
}

bool is_valid_show_id(std::string_view text) {
  return is_plain(text, 64);
}

bool is_valid_lock_file(std::string_view text) {
  return is_plain(text, 128);
}

}  // namespace marquee::booking
