#include "net/line_guard.h"

namespace marquee::net {

bool line_guard::look_at(std::string_view more) {
  for (const char c : more) {
    if (at_end_) break;
    if (!look_at_byte(c)) return false;
  }
  return true;
}

bool line_guard::look_at_byte(char c) {
  const char previous = previous_;
  previous_ = c;
  if ((previous == '\r') != (c == '\n')) {
    problem_ = "a line of the header section does not end in carriage return and line feed";
    return false;
  }
  if (c == '\r') return true;
  if (c == '\n') {
    at_end_ = line_is_empty_ && !first_line_;
    line_is_empty_ = true;
    first_line_ = false;
    return true;
  }
  if (line_is_empty_ && !first_line_ && (c == ' ' || c == '\t')) {
    problem_ = "a header line begins with white space (folded lines are not read)";
    return false;
  }
  line_is_empty_ = false;
  if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) {
    problem_ = "the header section holds a control character";
    return false;
  }
  return true;
}

bool line_guard::has_lone_line_feed(std::string_view lines) {
  for (std::size_t at = lines.find('\n'); at != std::string_view::npos; at = lines.find('\n', at + 1))
    if (at == 0 || lines[at - 1] != '\r') return true;
  return false;
}

}  // namespace marquee::net
