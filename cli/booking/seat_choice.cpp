#include "cli/booking/seat_choice.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/booking/value_text.h"

namespace marquee::cli {

void seat_choice::describe_best(CLI::App& command) {
  command.add_option("--best", best, "that many seats, the best that are free, instead of seats by name")
      ->check(CLI::Range(1, 1'000'000));
  command.add_option("--category", category, "of the best seats");
}

std::optional<std::string> seat_choice::problem() const {
  if (seats.empty() == (best == 0)) return "name seats, such as 1A 1B, or give --best N, and not both";
  if (best == 0 && !category.empty()) return "--category goes with --best";
  return std::nullopt;
}

void seat_choice::write(booking::json_writer& body) const {
  if (best == 0) return write_words(body, "seats", seats);
  body.name("best").open_object();
  if (!category.empty()) body.field("category", category);
  body.field("n", best).close_object();
}

void write_words(booking::json_writer& body, const char* name, const std::vector<std::string>& words) {
  body.name(name).open_array();
  for (const std::string& word : split_words(words)) body.value(word);
  body.close_array();
}

}  // namespace marquee::cli
