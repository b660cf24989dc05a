#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "booking_app/machine/json_writer.h"

namespace marquee::cli {

/// A show as an administrator describes it on the command line.
struct show_arguments {
  std::string id;
  std::string movie;
  std::string hall = "1";
  std::string starts_at;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<std::string> layout{};
  std::vector<std::string> categories{};
  std::int64_t max_per_booking = 0;
  std::string orphan_rule{};
  std::string queue{};
  std::string status{};
  std::int64_t expected_version = -1;

  void describe_addition(CLI::App& command);
  void describe_change(CLI::App& command);
  /// The JSON for POST and PATCH. Errors: invalid_argument, naming the option.
  [[nodiscard]] result<std::string> addition_json() const;
  [[nodiscard]] result<std::string> change_json() const;
};

/// "vip:Front rows:1500:1-3,7" is the category vip, 15.00 a seat, in rows 1, 2, 3 and 7. Errors:
/// invalid_argument.
[[nodiscard]] result<> write_category(booking::json_writer& body, const std::string& text);

}  // namespace marquee::cli
