#include "cli/booking/value_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>

#include "base/logging.h"

namespace marquee::cli {

namespace {

constexpr std::int64_t longest_ms = std::int64_t{366} * 24 * 3600 * 1000;

std::int64_t unit_ms(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1'000;
  if (unit == "m") return 60'000;
  return unit == "h" ? 3'600'000 : 0;
}

/// The number of exactly `digits` digits at the beginning, which is taken off.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int number = 0;
  for (const char digit : text.substr(0, digits)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + (digit - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<std::int64_t> parse_number(std::string_view text, std::int64_t least) {
  std::int64_t number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (wrong != std::errc() || end != text.data() + text.size() || number < least) return std::nullopt;
  return number;
}

result<std::int64_t> parse_duration_ms(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_number(text.substr(0, digits));
  const std::int64_t unit = unit_ms(text.substr(digits));
  if (!number || unit == 0 || *number > longest_ms / unit)
    return fail(error_code::invalid_argument,
                fmt::format("'{}' is not a duration such as 500ms, 60s, 2m or 1h", escape_for_log(text)));
  return *number * unit;
}

std::string duration_text(std::int64_t duration_ms) {
  if (duration_ms < 1'000) return fmt::format("{} ms", duration_ms);
  if (duration_ms % 1'000 == 0) return fmt::format("{} s", duration_ms / 1'000);
  return fmt::format("{:.1f} s", static_cast<double>(duration_ms) / 1'000);
}

result<std::int64_t> parse_time_ms(std::string_view text) {
  using namespace std::chrono;
  std::string_view rest = text;
  const auto year = take_digits(rest, 4);
  const bool dash = take(rest, '-');
  const auto month = take_digits(rest, 2);
  const bool second_dash = take(rest, '-');
  const auto day = take_digits(rest, 2);
  const bool between = take(rest, 'T');
  const auto hour = take_digits(rest, 2);
  const bool colon = take(rest, ':');
  const auto minute = take_digits(rest, 2);
  const auto second = take(rest, ':') ? take_digits(rest, 2) : std::optional(0);
  if (year && dash && month && second_dash && day && between && hour && colon && minute && second &&
      rest == "Z" && *hour < 24 && *minute < 60 && *second < 60) {
    const year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                              std::chrono::day(static_cast<unsigned>(*day)));
    if (date.ok())
      return duration_cast<milliseconds>(sys_days(date).time_since_epoch() + hours(*hour) + minutes(*minute) +
                                         seconds(*second))
          .count();
  }
  return fail(error_code::invalid_argument,
              fmt::format("'{}' is not a time (UTC) such as 2026-01-05T20:00Z", escape_for_log(text)));
}

std::string time_text(std::int64_t time_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(time_ms)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<minutes>(time - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count());
}

std::string money_text(std::int64_t cents) {
  const std::int64_t size = std::abs(cents);
  return fmt::format("{}{}.{:02}", cents < 0 ? "-" : "", size / 100, size % 100);
}

std::vector<std::string> split_words(const std::vector<std::string>& words) {
  std::vector<std::string> found;
  for (const std::string& word : words) {
    std::size_t begin = 0;
    while (begin <= word.size()) {
      const std::size_t comma = std::min(word.find(',', begin), word.size());
      if (comma > begin) found.push_back(word.substr(begin, comma - begin));
      begin = comma + 1;
    }
  }
  return found;
}

}  // namespace marquee::cli
