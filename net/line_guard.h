#pragma once

#include <cstddef>
#include <string_view>

/// For the .cpp files of net/ only.
namespace marquee::net {

/// Looks at the raw bytes of a header section before the parser does, and refuses what parsers disagree
/// about: lines that do not end in CR LF, folded lines, and control characters. So whoever stands before or
/// behind us sees the same lines as we do. Each byte is looked at once. A value; used for one message.
class line_guard {
 public:
  /// Looks at further bytes of the section, as far as its end. False: `problem()` says what is wrong.
  [[nodiscard]] bool look_at(std::string_view more);

  /// The empty line that ends the section has been seen.
  [[nodiscard]] bool at_end() const { return at_end_; }
  [[nodiscard]] std::string_view problem() const { return problem_; }

  /// True if a line feed stands alone in the lines between chunks, or a lone one begins them.
  [[nodiscard]] static bool has_lone_line_feed(std::string_view lines);

 private:
  /// How many bytes at the front are ordinary ones within a line.
  [[nodiscard]] std::size_t ordinary(std::string_view more) const;
  [[nodiscard]] bool look_at_byte(char c);

  char previous_ = '\0';
  bool line_is_empty_ = true;
  bool at_end_ = false;
  bool first_line_ = true;
  std::string_view problem_;
};

}  // namespace marquee::net
