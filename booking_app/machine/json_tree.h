#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace marquee::booking {

struct json_member;

/// One value of a parsed text. Numbers that are no 64-bit integers are known by their bits only: no command
/// has a use for them, but equal ones must compare equal.
struct json_value {
  enum class type : std::uint8_t { null, boolean, integer, other_number, text, array, object };

  type kind = type::null;
  std::int64_t integer = 0;  ///< also 0 and 1 of a boolean, and the bits of another number
  std::string_view text = {};
  std::span<const json_value> items = {};
  std::span<const json_member> members = {};  ///< sorted by name, each name once

  [[nodiscard]] const json_value* find(std::string_view name) const;
};

struct json_member {
  std::string_view name;
  json_value value;
};

/// Parses records strictly: at most 64 KiB, nested at most 64 deep, valid UTF-8, no name twice in an object,
/// no number beyond 64 bits. Owned by one machine. What `parse` gives lives until the next call of it.
class json_parser {
 public:
  static constexpr std::size_t longest_bytes = 64 * 1024;

  json_parser();
  ~json_parser();
  json_parser(json_parser&&) noexcept;
  json_parser& operator=(json_parser&&) noexcept;

  /// Fails with invalid_argument or too_large and a reason for people.
  [[nodiscard]] result<json_value> parse(bytes_view text);

 private:
  struct workspace;
  std::unique_ptr<workspace> workspace_;
};

/// Appends bytes that are equal for equal values, and for no others.
void append_canonical(const json_value& value, std::string& target);

}  // namespace marquee::booking
