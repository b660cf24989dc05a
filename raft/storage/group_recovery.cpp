#include "raft/storage/group_recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "base/logging.h"
#include "raft/core/entry_codec.h"
#include "raft/storage/segment_remover.h"

namespace marquee::raft {

namespace {

constexpr std::size_t digits = 20;

/// The base index in the name of a segment or index file.
std::optional<log_index> base_of(const std::string& name, const std::string& ending) {
  if (name.size() != digits + ending.size() || !name.ends_with(ending)) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + digits, number);
  if (failed != std::errc() || end != name.data() + digits) return std::nullopt;
  return log_index(number);
}

result<> check_chain(const std::vector<std::shared_ptr<segment>>& segments, const group_id& group) {
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const segment& s = *segments[i];
    if (s.header().group != group)
      return fail(error_code::corrupt, s.path() + " belongs to group " + to_string(s.header().group));
    if (i == 0) continue;
    const segment_index& before = segments[i - 1]->index();
    if (before.last_index() + 1 != s.header().base_index || before.next_offset() != s.header().base_offset ||
        before.last_term() != s.header().base_term ||
        before.rolling_checksum() != s.header().rolling_checksum)
      return fail(error_code::corrupt, fmt::format("{} does not go on where {} ends (entry {})", s.path(),
                                                   segments[i - 1]->path(), before.last_index().value()));
  }
  return {};
}

/// Finishes what retention had begun, oldest first. What cannot be removed stays for another time.
void drop_old_segments(file_system& files, const std::string& folder, log_index log_start,
                       std::vector<std::shared_ptr<segment>>& segments) {
  while (segments.size() > 1 && segments.front()->index().last_index() < log_start) {
    const log_index base = segments.front()->header().base_index;
    if (auto removed = remove_segment_files(files, folder, base); !removed)
      return log_warning("raft.storage", "{} is no longer needed but cannot be removed: {}",
                         segments.front()->path(), removed.error().message);
    segments.erase(segments.begin());
  }
}

}  // namespace

result<std::vector<log_index>> segment_bases(file_system& files, const std::string& folder) {
  std::vector<log_index> bases;
  const auto there = files.exists(folder);
  if (!there) return fail(there);
  if (!*there) return bases;
  const auto names = files.list(folder);
  if (!names) return fail(names);
  for (const std::string& name : *names)
    if (const auto base = base_of(name, ".segment")) bases.push_back(*base);
  std::ranges::sort(bases);
  return bases;
}

result<std::vector<std::shared_ptr<segment>>> open_group_segments(file_system& files,
                                                                  const std::string& folder,
                                                                  const group_id& group,
                                                                  const segment_position& expected,
                                                                  log_index log_start) {
  const auto names = files.list(folder);
  if (!names) return fail(names, "the group's segments");
  std::vector<log_index> bases;
  std::vector<log_index> index_bases;
  std::vector<std::string> leftovers;
  for (const std::string& name : *names) {
    const auto base = base_of(name, ".segment");
    const auto index_base = base_of(name, ".index");
    if (base && *base < expected.base_index) bases.push_back(*base);
    if (index_base && *index_base < expected.base_index) index_bases.push_back(*index_base);
    if ((base && *base > expected.base_index) || (index_base && *index_base >= expected.base_index) ||
        name.ends_with(".new"))
      leftovers.push_back(folder + "/" + name);
  }
  std::ranges::sort(bases);
  std::vector<std::shared_ptr<segment>> segments;
  for (const log_index base : bases) {
    if (!segments.empty() && base <= segments.back()->index().last_index()) {
      // It could not be begun, so the one before it went on.
      leftovers.push_back(segment_path(folder, base));
      continue;
    }
    auto sealed = segment::open_sealed(files, folder, base);
    if (!sealed) return fail(sealed);
    segments.push_back(std::move(*sealed));
  }
  auto active = segment::open_active(files, folder, expected);
  if (!active) return fail(active);
  segments.push_back(std::move(*active));
  if (auto chained = check_chain(segments, group); !chained) return fail(chained);
  if (segments.front()->header().base_index > log_start)
    return fail(error_code::corrupt,
                fmt::format("{} is the first segment that is there, but the log begins with entry {}",
                            segments.front()->path(), log_start.value()));
  for (const log_index base : index_bases)
    if (std::ranges::find(bases, base) == bases.end()) leftovers.push_back(segment_index_path(folder, base));
  drop_old_segments(files, folder, log_start, segments);
  for (const std::string& path : leftovers)
    if (auto removed = files.remove_file(path); !removed) return fail(removed);
  return segments;
}

result<entry> read_pointed_entry(file_system& files, const std::string& folder,
                                 const entry_pointer& pointer) {
  if (pointer.encoded_bytes > largest_entry_bytes)
    return fail(error_code::corrupt, "an append pointer names more bytes than any entry has");
  auto opened = files.open(segment_path(folder, pointer.base_index), open_mode::read);
  if (!opened) return fail(opened);
  bytes content(pointer.encoded_bytes);
  const auto got = (*opened)->read_at(pointer.file_position, content);
  if (!got) return fail(got);
  content.resize(*got);
  auto e = decode_entry(shared_bytes::of(std::move(content)));
  if (e && e->checksum != pointer.entry_checksum)
    return fail(error_code::corrupt, "an append pointer names another entry than it finds");
  return e;
}

result<> remove_group_files(file_system& files, const std::string& folder) {
  const auto there = files.exists(folder);
  if (!there) return fail(there);
  if (!*there) return {};
  const auto names = files.list(folder);
  if (!names) return fail(names);
  for (const std::string& name : *names)
    if (auto removed = files.remove_file(folder + "/" + name); !removed) return removed;
  if (auto synced = files.sync_directory(folder); !synced) return synced;
  if (auto removed = files.remove_directory(folder); !removed) return removed;
  const std::string topic_folder = folder.substr(0, folder.find_last_of('/'));
  if (auto synced = files.sync_directory(topic_folder); !synced) return synced;
  const auto others = files.list(topic_folder);
  if (!others) return fail(others);
  if (!others->empty()) return {};
  return files.remove_directory(topic_folder);
}

std::vector<std::string> unknown_group_folders(file_system& files, const std::string& data_dir,
                                               const logged_group_table& groups) {
  std::vector<std::string> unknown;
  std::set<std::string> known;
  for (const auto& [group, logged] : groups.groups()) known.insert(group_folder(data_dir, group));
  const auto topics = files.list(data_dir + "/data");
  if (!topics) return unknown;
  for (const std::string& topic : *topics) {
    const auto partitions = files.list(data_dir + "/data/" + topic);
    if (!partitions) continue;
    for (const std::string& partition : *partitions) {
      const std::string folder = fmt::format("{}/data/{}/{}", data_dir, topic, partition);
      if (!known.contains(folder)) unknown.push_back(folder);
    }
  }
  return unknown;
}

}  // namespace marquee::raft
