#include "booking_app/replica/process_file.h"

#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <string_view>

#include "base/file_system.h"
#include "booking_app/machine/json_writer.h"

namespace marquee::booking {

result<std::int64_t> start_ticks_in(std::string_view stat) {
  // Field 3 comes after the last parenthesis.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return fail(error_code::corrupt, "no program name in /proc stat");
  std::string_view rest = stat.substr(name_end + 1);
  constexpr int fields_before = 20;  // " S" is field 3, after one space
  for (int i = 0; i < fields_before; ++i) {
    const std::size_t space = rest.find(' ');
    if (space == std::string_view::npos) return fail(error_code::corrupt, "/proc stat is too short");
    rest.remove_prefix(space + 1);
  }
  std::int64_t ticks = 0;
  const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), ticks);
  if (problem != std::errc() || end == rest.data())
    return fail(error_code::corrupt, "no start time in /proc stat");
  return ticks;
}

result<> write_process_file(const std::string& data_dir, const std::string& replica,
                            std::int64_t incarnation) {
  std::ifstream file("/proc/self/stat");
  const std::string stat{std::istreambuf_iterator<char>(file), {}};
  const auto ticks = start_ticks_in(stat);
  if (!ticks) return fail(ticks, "reading /proc/self/stat");
  json_writer out;
  out.open_object().field("incarnation", incarnation).field("pid", static_cast<std::int64_t>(::getpid()));
  out.field("replica", replica).field("start_ticks", *ticks).close_object();
  return replace_file(system_file_system(), data_dir + "/process.json", as_bytes(out.text()));
}

}  // namespace marquee::booking
