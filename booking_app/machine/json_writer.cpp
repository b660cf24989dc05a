#include "booking_app/machine/json_writer.h"

namespace marquee::booking {
namespace {

bool is_plain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

void append_escaped(char c, std::string& target) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '"':
      target.append("\\\"");
      return;
    case '\\':
      target.append("\\\\");
      return;
    case '\b':
      target.append("\\b");
      return;
    case '\f':
      target.append("\\f");
      return;
    case '\n':
      target.append("\\n");
      return;
    case '\r':
      target.append("\\r");
      return;
    case '\t':
      target.append("\\t");
      return;
    default:
      target.append("\\u00");
      target.push_back(digits[static_cast<unsigned char>(c) >> 4]);
      target.push_back(digits[static_cast<unsigned char>(c) & 15]);
  }
}

}  // namespace

void json_writer::append_quoted(std::string_view text) {
  text_.push_back('"');
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_plain(text[i])) continue;
    text_.append(text.substr(begin, i - begin));
    append_escaped(text[i], text_);
    begin = i + 1;
  }
  text_.append(text.substr(begin));
  text_.push_back('"');
}

}  // namespace marquee::booking
