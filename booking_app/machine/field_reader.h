#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "booking_app/machine/json_tree.h"

namespace marquee::booking {

/// The largest integer that every JSON reader keeps exactly, and the largest in any command.
inline constexpr std::int64_t largest_integer = (std::int64_t{1} << 53) - 1;

/// Reads one object of a command field by field. The first problem sticks in the `std::string` that all
/// readers of a record share, and every read after it gives a default; so a decoder reads everything and the
/// caller looks at the problem once. `finish` refuses what was not asked for.
class field_reader {
 public:
  /// `path` is what people are told, such as "body".
  field_reader(const json_value& object, std::string_view path, std::string& problem);

  [[nodiscard]] bool has(std::string_view name) const { return object_->find(name) != nullptr; }
  /// The value itself; a problem if it is missing.
  const json_value* required(std::string_view name);
  const json_value* optional(std::string_view name);

  std::string_view text(std::string_view name);
  std::optional<std::string_view> optional_text(std::string_view name);
  std::int64_t integer(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t least, std::int64_t most);
  bool flag_or(std::string_view name, bool fallback);
  std::vector<std::string_view> texts(std::string_view name);
  std::optional<std::vector<std::string_view>> optional_texts(std::string_view name);
  std::vector<std::int64_t> integers(std::string_view name);
  /// The items of a list of objects; a problem if it is missing, or one of them is no object.
  std::vector<const json_value*> objects(std::string_view name);
  const json_value* optional_object(std::string_view name);

  /// A reader of an object within this one; they share the problem.
  [[nodiscard]] field_reader child(const json_value& object, std::string_view path) const {
    return {object, path, *problem_};
  }
  void refuse(std::string_view name, std::string_view why);
  [[nodiscard]] bool failed() const { return !problem_->empty(); }
  /// A field that nobody asked for is a problem.
  void finish();

 private:
  bool check(const json_value* value, std::string_view name, json_value::type kind, std::string_view what);

  const json_value* object_;
  std::string_view path_;
  std::string* problem_;
  std::vector<std::string_view> asked_;
};

}  // namespace marquee::booking
