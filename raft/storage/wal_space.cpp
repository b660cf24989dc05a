#include "raft/storage/wal_space.h"

#include <algorithm>

#include "base/assert.h"
#include "raft/storage/wal_record.h"

namespace marquee::raft {

wal_space::wal_space(std::uint64_t usable_bytes) : usable_bytes_(usable_bytes) {}

wal_space::place wal_space::pack(std::span<const std::uint64_t> rooms) const {
  place at{left_, static_cast<std::int64_t>(files_)};
  for (const std::uint64_t room : rooms) {
    if (room > at.left) {
      --at.files;
      at.left = usable_bytes_;
    }
    at.left -= std::min(room, at.left);
  }
  at.left -= std::min(at.left, wal_flush_alignment);
  return at;
}

bool wal_space::claim(std::span<const std::uint64_t> rooms, space_claim kind) {
  for (const std::uint64_t room : rooms)
    if (room > usable_bytes_) return false;
  const place end = pack(rooms);
  if (end.files < 0) return false;
  if (kind == space_claim::ordinary && end.files == 0 && end.left < usable_bytes_ / 8) return false;
  left_ = end.left;
  files_ = static_cast<std::uint64_t>(end.files);
  return true;
}

std::uint64_t wal_space::files_for(std::span<const std::uint64_t> rooms) const {
  wal_space empty(usable_bytes_);
  // One more than they fill, for what an ordinary claim has to leave.
  return static_cast<std::uint64_t>(1 - empty.pack(rooms).files);
}

void wal_space::take_file() {
  MARQUEE_ASSERT(files_ > 0, "there is no free file to take");
  --files_;
}

void wal_space::restart(std::uint64_t left_bytes, std::uint64_t files) {
  left_ = left_bytes;
  files_ = files;
}

void wal_space::reclaim(std::span<const std::uint64_t> rooms) {
  const place end = pack(rooms);
  left_ = end.left;
  files_ = end.files < 0 ? 0 : static_cast<std::uint64_t>(end.files);
}

}  // namespace marquee::raft
