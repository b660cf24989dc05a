#include "base/file_system.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace marquee {

namespace {

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

result<bytes> read_file(file_system& files, const std::string& path, std::uint64_t limit_bytes) {
  auto opened = files.open(path, open_mode::read);
  if (!opened) return fail(opened);
  bytes content;
  std::array<std::uint8_t, 65536> piece;
  while (true) {
    const auto got = (*opened)->read_at(content.size(), piece);
    if (!got) return fail(got);
    if (*got == 0) return content;
    if (content.size() + *got > limit_bytes)
      return fail(error_code::too_large, fmt::format("{} holds more than {} bytes", path, limit_bytes));
    content.insert(content.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*got));
  }
}

result<> replace_file(file_system& files, const std::string& path, bytes_view content) {
  const std::string temporary = path + ".new";
  // What a crash left of an earlier attempt must not show through.
  if (auto removed = files.remove_file(temporary); !removed) return removed;
  {
    auto opened = files.open(temporary, open_mode::create_new);
    if (!opened) return fail(opened);
    const std::array<bytes_view, 1> parts{content};
    if (auto written = (*opened)->write_at(0, parts); !written) return written;
    if (auto synced = (*opened)->sync(); !synced) return synced;
  }
  if (auto renamed = files.rename(temporary, path); !renamed) return renamed;
  return files.sync_directory(parent_of(path));
}

}  // namespace marquee
