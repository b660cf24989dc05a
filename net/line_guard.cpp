#include "net/line_guard.h"

namespace marquee::net {

namespace {

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

}  // namespace

std::size_t line_guard::ordinary(std::string_view more) const {
  if (line_is_empty_ || previous_ == '\r') return 0;
  std::size_t count = 0;
  while (count < more.size() && !is_control(more[count])) ++count;
  return count;
}

bool line_guard::look_at(std::string_view more) {
  while (!more.empty() && !at_end_) {
    if (const std::size_t count = ordinary(more); count > 0) {
      previous_ = more[count - 1];
      more.remove_prefix(count);
      continue;
    }
    if (!look_at_byte(more.front())) return false;
    more.remove_prefix(1);
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
  if (is_control(c)) {
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
