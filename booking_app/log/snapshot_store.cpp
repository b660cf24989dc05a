#include "booking_app/log/snapshot_store.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <string_view>
#include <utility>

#include "base/logging.h"

namespace marquee::booking {

namespace {

constexpr std::string_view ending = ".snapshot";
constexpr std::uint64_t largest_snapshot_bytes = std::uint64_t{8} << 30;
constexpr std::size_t kept_snapshots = 2;

/// Nothing for a file that is no snapshot, such as the lock.
std::optional<std::int64_t> offset_in(std::string_view name) {
  if (!name.ends_with(ending)) return std::nullopt;
  name.remove_suffix(ending.size());
  std::int64_t offset = 0;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), offset);
  if (problem != std::errc() || end != name.data() + name.size() || offset < 0) return std::nullopt;
  return offset;
}

}  // namespace

snapshot_store::snapshot_store(std::string folder, file_system& files, std::unique_ptr<file_lock> lock)
    : folder_(std::move(folder)), files_(&files), lock_(std::move(lock)) {}

result<snapshot_store> snapshot_store::open(const std::string& folder, file_system& files) {
  if (auto made = files.create_directories(folder); !made)
    return fail(made, "making the folder of snapshots");
  auto lock = files.lock(folder + "/lock");
  if (!lock) return fail(lock, "another process works in this folder");
  return snapshot_store(folder, files, std::move(*lock));
}

std::string snapshot_store::path_of(std::int64_t next_offset) const {
  return folder_ + "/" + std::to_string(next_offset) + std::string(ending);
}

std::vector<std::int64_t> snapshot_store::newest_first() const {
  std::vector<std::int64_t> offsets;
  const auto names = files_->list(folder_);
  if (!names) return offsets;
  for (const std::string& name : *names)
    if (const auto offset = offset_in(name)) offsets.push_back(*offset);
  std::ranges::sort(offsets, std::greater<>());
  return offsets;
}

std::optional<machine> snapshot_store::load() const {
  for (const std::int64_t offset : newest_first()) {
    const std::string path = path_of(offset);
    const auto content = read_file(*files_, path, largest_snapshot_bytes);
    if (!content) {
      log_warning("booking.snapshots", "{} is passed over: {}", path, content.error().message);
      continue;
    }
    auto loaded = machine::from_snapshot(*content);
    if (loaded) return std::move(*loaded);
    log_warning("booking.snapshots", "{} is passed over: {}", path, loaded.error().message);
  }
  return std::nullopt;
}

result<> snapshot_store::save(const std::string& snapshot, std::int64_t next_offset) {
  const std::string path = path_of(next_offset);
  if (auto written = replace_file(*files_, path, as_bytes(snapshot)); !written) {
    // What was written so far would only take room from the next attempt.
    (void)files_->remove_file(path + ".new");
    return fail(written, "writing a snapshot");
  }
  const std::vector<std::int64_t> offsets = newest_first();
  for (std::size_t i = kept_snapshots; i < offsets.size(); ++i)
    if (auto removed = files_->remove_file(path_of(offsets[i])); !removed)
      log_warning("booking.snapshots", "an old snapshot stays: {}", removed.error().message);
  return {};
}

}  // namespace marquee::booking
