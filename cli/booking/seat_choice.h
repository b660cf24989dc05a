#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "booking_app/machine/json_writer.h"

namespace marquee::cli {

/// Seats by name, or the best ones: what reserve, hold and exchange ask for.
struct seat_choice {
  std::vector<std::string> seats{};
  std::int64_t best = 0;
  std::string category{};

  /// Adds `--best` and `--category`.
  void describe_best(CLI::App& command);
  /// What is wrong with it, or nothing.
  [[nodiscard]] std::optional<std::string> problem() const;
  /// Writes the fields `best` or `seats` into an open object.
  void write(booking::json_writer& body) const;
};

/// `"name":["1A","1B"]` into an open object.
void write_words(booking::json_writer& body, const char* name, const std::vector<std::string>& words);

}  // namespace marquee::cli
