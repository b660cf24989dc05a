#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace marquee {

/// What is known about one configuration key. The reference page is generated from these.
struct config_key {
  std::string name;  ///< dotted, such as "raft.election_timeout_ms"
  std::string type;  ///< "integer", "text", "flag" or "list of text"
  std::string default_value;
  std::string range;  ///< for integers "1 to 60000"; else empty or the allowed words
  std::string meaning;
  std::function<result<>(std::string_view text)> assign;
  std::function<result<>(const std::vector<std::string>& items)> assign_list;  ///< lists only
};

/// The keys of one process: each is tied to a field of an options structure, which holds its default. Unknown
/// keys, wrong types and values out of range are refused with the key's name. Lives only while a process
/// starts.
class config_schema {
 public:
  void integer(std::string name, std::int64_t& field, std::int64_t least, std::int64_t most,
               std::string meaning);
  void text(std::string name, std::string& field, std::string meaning);
  void flag(std::string name, bool& field, std::string meaning);
  void text_list(std::string name, std::vector<std::string>& field, std::string meaning);

  /// Reads a TOML file; tables become dotted names. Errors: not_found, invalid_argument (names file, line and
  /// key).
  [[nodiscard]] result<> load_file(const std::string& path);
  /// "name=value", as given with --set on the command line; lists are separated by commas.
  [[nodiscard]] result<> assign(std::string_view assignment);

  [[nodiscard]] const std::vector<config_key>& keys() const { return keys_; }
  /// A Markdown table of all keys.
  [[nodiscard]] std::string reference() const;

 private:
  std::vector<config_key> keys_;
};

}  // namespace marquee
