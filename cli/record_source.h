#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>

#include "base/result.h"

namespace marquee::cli {

/// More than this never fits into one request (8 MiB of JSON, base64 included).
inline constexpr std::size_t largest_record_bytes = 6 * 1024 * 1024 - 4096;

/// One record to be produced.
struct input_record {
  std::int64_t number = 0;  ///< from 0, in the order of the input; also its sequence
  std::string value;
  std::optional<std::string> key;
};

/// How records get their keys: all the same one, or a field of the line (from 1, separated by blanks), or
/// none.
struct key_options {
  std::optional<std::string> key;
  std::int64_t field = 0;
};

/// The `field`-th run of characters that are not blanks; nothing if there are fewer.
[[nodiscard]] std::optional<std::string> field_of(const std::string& line, std::int64_t field);

/// Reads records from a stream, one a line (or up to another separator). The newline does not belong to the
/// record, everything else does, also what follows the last newline. Belongs to one thread.
class record_source {
 public:
  record_source(std::istream& input, key_options keys, char separator = '\n')
      : input_(input), keys_(std::move(keys)), separator_(separator) {}

  /// Nothing at the end of the input. Errors: too_large (names the line), io.
  [[nodiscard]] result<std::optional<input_record>> next();

 private:
  result<bool> read_line(std::string& line);

  std::istream& input_;
  key_options keys_;
  char separator_;
  std::int64_t next_number_ = 0;
};

}  // namespace marquee::cli
