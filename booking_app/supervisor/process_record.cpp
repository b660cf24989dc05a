#include "booking_app/supervisor/process_record.h"

#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>

#include "booking_app/machine/json_tree.h"

namespace marquee::booking {
namespace {

std::optional<std::string> content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  // Files of a process that ends meanwhile fail in the middle of a read, which an iterator would throw.
  std::string content;
  std::array<char, 4096> block{};
  while (file.read(block.data(), block.size()) || file.gcount() > 0)
    content.append(block.data(), static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return std::nullopt;
  return content;
}

const json_value* integer_of(const json_value& object, std::string_view name) {
  const json_value* const found = object.find(name);
  return found != nullptr && found->kind == json_value::type::integer ? found : nullptr;
}

}  // namespace

std::optional<process_record> read_process_record(const std::string& data_dir) {
  const std::optional<std::string> text = content_of(data_dir + "/process.json");
  if (!text) return std::nullopt;
  json_parser parser;
  const result<json_value> parsed = parser.parse(as_bytes(*text));
  if (!parsed || parsed->kind != json_value::type::object) return std::nullopt;
  const json_value* const pid = integer_of(*parsed, "pid");
  const json_value* const ticks = integer_of(*parsed, "start_ticks");
  const json_value* const incarnation = integer_of(*parsed, "incarnation");
  const json_value* const replica = parsed->find("replica");
  // 0, 1 and negative ids mean other things to kill().
  if (pid == nullptr || pid->integer <= 1 || pid->integer > INT32_MAX || ticks == nullptr ||
      incarnation == nullptr)
    return std::nullopt;
  return process_record{.pid = static_cast<pid_t>(pid->integer),
                        .start_ticks = ticks->integer,
                        .replica = replica == nullptr ? std::string() : std::string(replica->text),
                        .incarnation = incarnation->integer};
}

std::optional<std::int64_t> start_ticks_of(pid_t pid) {
  const std::optional<std::string> stat = content_of("/proc/" + std::to_string(pid) + "/stat");
  // The name of the program, in parentheses, may hold anything.
  const std::size_t name_end = stat ? stat->rfind(')') : std::string::npos;
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(stat->substr(name_end + 1));
  const std::vector<std::string> rest{std::istream_iterator<std::string>(fields), {}};
  constexpr std::size_t state_field = 0;   // 3 of the line
  constexpr std::size_t start_field = 19;  // 22 of the line
  if (rest.size() <= start_field || rest[state_field] == "Z" || rest[state_field] == "X") return std::nullopt;
  std::int64_t ticks = 0;
  const std::string& text = rest[start_field];
  if (std::from_chars(text.data(), text.data() + text.size(), ticks).ec != std::errc()) return std::nullopt;
  return ticks;
}

bool is_alive(const process_record& record) {
  return start_ticks_of(record.pid) == record.start_ticks;
}

std::vector<std::string> command_of(pid_t pid) {
  const std::optional<std::string> text = content_of("/proc/" + std::to_string(pid) + "/cmdline");
  std::vector<std::string> arguments;
  for (std::size_t at = 0; text && at < text->size();) {
    const std::size_t end = std::min(text->find('\0', at), text->size());
    arguments.push_back(text->substr(at, end - at));
    at = end + 1;
  }
  return arguments;
}

}  // namespace marquee::booking
