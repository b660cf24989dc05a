#include "booking_app/log/digest_history.h"

#include "base/assert.h"

namespace marquee::booking {

void digest_history::add(std::int64_t offset, const digest_value& digest) {
  if (digests_.empty()) first_ = offset;
  MARQUEE_ASSERT(offset == first_ + static_cast<std::int64_t>(digests_.size()),
                 "digests are added offset by offset");
  digests_.push_back(digest);
  if (digests_.size() <= capacity_) return;
  digests_.pop_front();
  ++first_;
}

std::optional<digest_value> digest_history::at(std::int64_t offset) const {
  if (offset < first_ || offset >= first_ + static_cast<std::int64_t>(digests_.size())) return std::nullopt;
  return digests_[static_cast<std::size_t>(offset - first_)];
}

std::optional<std::int64_t> digest_history::oldest() const {
  if (digests_.empty()) return std::nullopt;
  return first_;
}

std::optional<std::int64_t> digest_history::newest() const {
  if (digests_.empty()) return std::nullopt;
  return first_ + static_cast<std::int64_t>(digests_.size()) - 1;
}

}  // namespace marquee::booking
