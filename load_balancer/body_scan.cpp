#include "load_balancer/body_scan.h"

namespace marquee::load_balancer {
namespace {

constexpr std::string_view blanks = " \t\r\n";

class scanner {
 public:
  explicit scanner(std::string_view json) : rest_(json) {}

  void skip_blanks() { rest_.remove_prefix(std::min(rest_.size(), rest_.find_first_not_of(blanks))); }
  [[nodiscard]] char front() const { return rest_.empty() ? '\0' : rest_.front(); }
  void take() { rest_.remove_prefix(1); }

  /// At a quote: the text up to the closing one, as it stands. Nothing if it does not end.
  std::optional<std::string_view> take_text() {
    for (std::size_t quote = rest_.find('"', 1); quote != std::string_view::npos;
         quote = rest_.find('"', quote + 1)) {
      std::size_t begin = quote;
      while (begin > 1 && rest_[begin - 1] == '\\') --begin;
      if ((quote - begin) % 2 != 0) continue;  // escaped
      const std::string_view text = rest_.substr(1, quote - 1);
      rest_.remove_prefix(quote + 1);
      return text;
    }
    return std::nullopt;
  }

  /// Skips one value, however deep; false at the end of the text.
  bool skip_value() {
    std::size_t depth = 0;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '"') {
        if (!take_text()) return false;
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (depth == 0 && (c == ',' || c == '}' || c == ']')) return true;
      if (c == '}' || c == ']') --depth;
      take();
    }
    return false;
  }

  std::string_view take_number() {
    const std::string_view number = rest_.substr(0, rest_.find_first_not_of("+-0123456789.eE"));
    rest_.remove_prefix(number.size());
    return number;
  }

 private:
  std::string_view rest_;
};

}  // namespace

std::optional<std::string_view> top_level_member(std::string_view json, std::string_view name) {
  scanner scan(json);
  scan.skip_blanks();
  if (scan.front() != '{') return std::nullopt;
  do {
    scan.take();
    scan.skip_blanks();
    if (scan.front() != '"') return std::nullopt;
    const std::optional<std::string_view> key = scan.take_text();
    scan.skip_blanks();
    if (!key || scan.front() != ':') return std::nullopt;
    scan.take();
    scan.skip_blanks();
    if (*key == name) {
      if (scan.front() != '"') {
        const std::string_view number = scan.take_number();
        return number.empty() ? std::nullopt : std::optional(number);
      }
      const std::optional<std::string_view> text = scan.take_text();
      return text && text->find('\\') == std::string_view::npos ? text : std::nullopt;
    }
    if (!scan.skip_value()) return std::nullopt;
  } while (scan.front() == ',');
  return std::nullopt;
}

}  // namespace marquee::load_balancer
