#include "cli/booking/show_arguments.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "base/logging.h"
#include "cli/booking/seat_choice.h"
#include "cli/booking/value_text.h"

namespace marquee::cli {

namespace {

using booking::json_writer;

constexpr std::int64_t most_rows = 1'000;

failure bad_category(const std::string& text) {
  return fail(error_code::invalid_argument,
              fmt::format("--category '{}' is not id:name:cents:rows, such as vip:Front rows:1500:1-3,7",
                          escape_for_log(text)));
}

std::vector<std::string> split_at_colons(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ':')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

result<> write_categories(json_writer& body, const std::vector<std::string>& categories) {
  if (categories.empty()) return {};
  body.name("categories").open_array();
  for (const std::string& category : categories)
    if (const auto written = write_category(body, category); !written) return written;
  body.close_array();
  return {};
}

}  // namespace

result<> write_category(json_writer& body, const std::string& text) {
  const std::vector<std::string> parts = split_at_colons(text);
  const auto price = parts.size() == 4 ? parse_number(parts[2]) : std::nullopt;
  if (!price) return bad_category(text);
  body.open_object().field("id", parts[0]).field("name", parts[1]).field("price_cents", *price);
  body.name("rows").open_array();
  for (const std::string& range : split_words({parts[3]})) {
    const std::size_t dash = std::min(range.find('-'), range.size());
    const auto first = parse_number(range.substr(0, dash), 1);
    const auto last = dash == range.size() ? first : parse_number(range.substr(dash + 1), 1);
    if (!first || !last || *last > most_rows) return bad_category(text);
    for (std::int64_t row = *first; row <= *last; ++row) body.value(row);
  }
  body.close_array().close_object();
  return {};
}

void show_arguments::describe_addition(CLI::App& command) {
  command.add_option("show", id, "its id, such as S1")->required();
  command.add_option("--movie", movie, "what is shown")->required();
  command.add_option("--hall", hall, "where")->capture_default_str();
  command.add_option("--rows", rows, "of seats");
  command.add_option("--cols", columns, "seats in a row");
  command.add_option("--layout", layout,
                     "instead: each row as letters, s a seat and . none, such as ss.ss ss.ss");
  command.add_option("--at", starts_at, "when it starts (UTC), such as 2026-01-05T20:00Z")->required();
  command
      .add_option("--category", categories,
                  "id:name:cents:rows, such as vip:Front rows:1500:1-3; may be repeated")
      ->expected(1)
      ->take_all();
  command.add_option("--max-per-booking", max_per_booking, "seats")->check(CLI::PositiveNumber);
  command.add_option("--orphan-rule", orphan_rule, "off, warn or reject_unless_unavoidable")
      ->check(CLI::IsMember({"off", "warn", "reject_unless_unavoidable"}));
  command.add_option("--queue", queue, "admit so many clients at once for so long, such as 100:5m");
}

void show_arguments::describe_change(CLI::App& command) {
  command.add_option("show", id, "such as S1")->required();
  command.add_option("--rows", rows, "the new number of rows: more than now");
  command.add_option("--status", status, "OPEN or CLOSED")->check(CLI::IsMember({"OPEN", "CLOSED"}));
  command.add_option("--category", categories, "id:name:cents:rows; all of them, in place of what was")
      ->expected(1)
      ->take_all();
  command.add_option("--expected-version", expected_version, "only if the show is at this version")
      ->check(CLI::NonNegativeNumber);
}

result<std::string> show_arguments::addition_json() const {
  json_writer body;
  body.open_object();
  if (const auto written = write_categories(body, categories); !written) return fail(written);
  if (columns != 0) body.field("cols", columns);
  body.field("hall", hall);
  if (!layout.empty()) write_words(body, "layout", layout);
  if (max_per_booking > 0) body.field("max_per_booking", max_per_booking);
  body.field("movie", movie);
  if (!orphan_rule.empty()) body.field("orphan_rule", orphan_rule);
  if (!queue.empty()) {
    const std::size_t colon = std::min(queue.find(':'), queue.size());
    const auto active = parse_number(queue.substr(0, colon), 1);
    const auto admit_ms = parse_duration_ms(colon == queue.size() ? "" : queue.substr(colon + 1));
    if (!active || !admit_ms)
      return fail(error_code::invalid_argument,
                  fmt::format("--queue '{}' is not clients:time, such as 100:5m", escape_for_log(queue)));
    body.name("queue").open_object().field("admit_ms", *admit_ms).field("max_active", *active).close_object();
  }
  if (rows != 0) body.field("rows", rows);
  const auto starts_at_ms = parse_time_ms(starts_at);
  if (!starts_at_ms) return fail(starts_at_ms);
  body.field("show_id", id).field("starts_at_ms", *starts_at_ms);
  return body.close_object().take();
}

result<std::string> show_arguments::change_json() const {
  json_writer body;
  body.open_object();
  if (const auto written = write_categories(body, categories); !written) return fail(written);
  if (expected_version >= 0) body.field("expected_version", expected_version);
  if (rows != 0) body.field("rows", rows);
  if (!status.empty()) body.field("status", status);
  return body.close_object().take();
}

}  // namespace marquee::cli
