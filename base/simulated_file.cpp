#include "base/simulated_file.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace marquee {

namespace {

constexpr std::uint64_t sector_bytes = 512;

}  // namespace

failure power_is_off(const std::string& path) {
  return fail(error_code::io, path + ": the simulated machine has lost power");
}

void simulated_file_system::inode::mark(std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t s = from / sector_bytes; s * sector_bytes < to; ++s) dirty.insert(s);
}

void simulated_file_system::inode::settle(std::uint64_t sector) {
  const std::uint64_t begin = sector * sector_bytes;
  const std::uint64_t end = std::min<std::uint64_t>(begin + sector_bytes, current.size());
  if (begin >= end) return;
  if (durable.size() < end) durable.resize(end);
  std::copy(current.begin() + static_cast<std::ptrdiff_t>(begin),
            current.begin() + static_cast<std::ptrdiff_t>(end),
            durable.begin() + static_cast<std::ptrdiff_t>(begin));
}

void simulated_file_system::inode::sync() {
  durable.resize(current.size());
  for (const std::uint64_t sector : dirty) settle(sector);
  dirty.clear();
}

void simulated_file_system::inode::lose_power(random_source& random) {
  const std::uint64_t size = random.chance(1, 2) ? current.size() : durable.size();
  // All, none or some of what was not synced: mixtures alone would hardly ever give the first two.
  const std::uint64_t kept_of_four = random.below(5);
  for (const std::uint64_t sector : dirty)
    if (random.below(4) < kept_of_four) settle(sector);
  durable.resize(size);
  current = durable;
  dirty.clear();
}

simulated_file::simulated_file(simulated_file_system& files,
                               std::shared_ptr<simulated_file_system::inode> node, std::string path)
    : files_(files), node_(std::move(node)), path_(std::move(path)), life_(files.life_) {}

bool simulated_file::dead() const {
  return life_ != files_.life_ || files_.crashed_;
}

result<> simulated_file::begin_change(bool* torn) {
  *torn = false;
  if (dead()) return power_is_off(path_);
  if (failed_)
    return fail(error_code::io, path_ + ": an earlier write or sync failed, the file takes no more writes");
  auto allowed = files_.begin_operation(path_, torn);
  failed_ = !allowed;
  return allowed;
}

result<std::size_t> simulated_file::read_at(std::uint64_t position, std::span<std::uint8_t> target) const {
  const std::lock_guard guard(files_.mutex_);
  if (dead()) return power_is_off(path_);
  const bytes& content = node_->current;
  if (position >= content.size()) return std::size_t{0};
  const std::size_t count = std::min<std::size_t>(target.size(), content.size() - position);
  std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(position), count, target.begin());
  return count;
}

result<> simulated_file::write_at(std::uint64_t position, std::span<const bytes_view> parts) {
  const std::lock_guard guard(files_.mutex_);
  std::uint64_t size = 0;
  for (const bytes_view part : parts) size += part.size();
  bool torn = false;
  result<> allowed = begin_change(&torn);
  const std::uint64_t growth =
      position + size > node_->current.size() ? position + size - node_->current.size() : 0;
  if (allowed && growth > 0 && files_.used_bytes() + growth > files_.capacity_) {
    allowed = fail(error_code::no_space, "writing " + path_ + ": no space left on the simulated disk");
    failed_ = true;
  }
  if (!allowed && !torn) return allowed;
  std::uint64_t left = torn ? size / 2 : size;
  if (position + left > node_->current.size()) node_->current.resize(position + left);
  node_->mark(position, position + left);
  for (const bytes_view part : parts) {
    const std::uint64_t count = std::min<std::uint64_t>(left, part.size());
    std::copy_n(part.begin(), count, node_->current.begin() + static_cast<std::ptrdiff_t>(position));
    position += count;
    left -= count;
  }
  return allowed;
}

result<> simulated_file::sync() {
  const std::lock_guard guard(files_.mutex_);
  const bool was_dead = dead();
  const bool had_failed = failed_;
  bool torn = false;
  if (auto allowed = begin_change(&torn); !allowed) {
    // The operating system forgets what it could not write.
    if (!was_dead && !had_failed && !files_.crashed_) node_->dirty.clear();
    return allowed;
  }
  if (!files_.syncs_lie_) node_->sync();
  return {};
}

result<std::uint64_t> simulated_file::size() const {
  const std::lock_guard guard(files_.mutex_);
  if (dead()) return power_is_off(path_);
  return node_->current.size();
}

result<> simulated_file::truncate(std::uint64_t size) {
  const std::lock_guard guard(files_.mutex_);
  bool torn = false;
  if (auto allowed = begin_change(&torn); !allowed) return allowed;
  const std::uint64_t before = node_->current.size();
  node_->current.resize(size);
  if (size > before) node_->mark(before, size);
  return {};
}

}  // namespace marquee
