#include "cli/record_source.h"

#include <fmt/format.h>

namespace marquee::cli {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace

std::optional<std::string> field_of(const std::string& line, std::int64_t field) {
  std::size_t position = 0;
  while (true) {
    while (position < line.size() && is_blank(line[position])) ++position;
    if (position == line.size()) return std::nullopt;
    std::size_t end = position;
    while (end < line.size() && !is_blank(line[end])) ++end;
    if (--field == 0) return line.substr(position, end - position);
    position = end;
  }
}

/// False at the end of the input.
result<bool> record_source::read_line(std::string& line) {
  std::streambuf& buffer = *input_.rdbuf();
  line.clear();
  bool has_any = false;
  for (int c = buffer.sbumpc(); c != std::char_traits<char>::eof(); c = buffer.sbumpc()) {
    has_any = true;
    if (static_cast<char>(c) == separator_) break;
    if (line.size() >= largest_record_bytes)
      return fail(error_code::too_large,
                  fmt::format("line {} is longer than {} bytes, more than one request can carry",
                              next_number_ + 1, largest_record_bytes));
    line.push_back(static_cast<char>(c));
  }
  return has_any;
}

result<std::optional<input_record>> record_source::next() {
  input_record record;
  const auto got = read_line(record.value);
  if (!got) return fail(got);
  if (!*got) return std::optional<input_record>();
  record.number = next_number_++;
  record.key = keys_.field > 0 ? field_of(record.value, keys_.field) : keys_.key;
  return std::optional<input_record>(std::move(record));
}

}  // namespace marquee::cli
