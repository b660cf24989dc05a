#include "raft/storage/quarantine.h"

#include <fmt/format.h>

#include <charconv>

namespace marquee::raft {

result<std::uint64_t> quarantine::size_of(const std::string& path) const {
  auto opened = files_.open(path, open_mode::read);
  if (!opened) return fail(opened);
  return (*opened)->size();
}

result<std::uint64_t> quarantine::make_room(std::uint64_t wanted_bytes) {
  if (auto made = files_.create_directories(folder_); !made) return fail(made);
  // Names begin with a number that grows, so the list is sorted by age.
  const auto names = files_.list(folder_);
  if (!names) return fail(names);
  std::uint64_t total = wanted_bytes;
  std::uint64_t last = 0;
  for (const std::string& name : *names) {
    const auto size = size_of(folder_ + "/" + name);
    if (size) total += *size;
    (void)std::from_chars(name.data(), name.data() + name.size(), last);
  }
  for (auto name = names->begin(); name != names->end() && total > bytes_most_; ++name) {
    const auto size = size_of(folder_ + "/" + *name);
    if (auto removed = files_.remove_file(folder_ + "/" + *name); !removed) return fail(removed);
    if (size) total -= *size;
  }
  return last + 1;
}

result<std::string> quarantine::take(const std::string& path, const group_id& group) {
  const auto size = size_of(path);
  if (!size) return fail(size);
  if (*size > bytes_most_) {
    if (auto removed = files_.remove_file(path); !removed) return fail(removed);
    return std::string();
  }
  const auto number = make_room(*size);
  if (!number) return fail(number);
  const std::string target = fmt::format("{}/{:08}-{}-{}-{}", folder_, *number, to_string(group.topic_id),
                                         group.partition.value(), path.substr(path.find_last_of('/') + 1));
  if (auto moved = files_.rename(path, target); !moved) return fail(moved);
  // Before another file takes the old name: a move that became durable later would take that away.
  if (auto synced = files_.sync_directory(folder_); !synced) return fail(synced);
  return target;
}

}  // namespace marquee::raft
