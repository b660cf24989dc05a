#include "net/buffered_reader.h"

#include <algorithm>

namespace marquee::net {

std::span<std::uint8_t> buffered_reader::take(std::span<std::uint8_t> target) {
  const std::size_t count = std::min(target.size(), end_ - begin_);
  std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), count, target.begin());
  begin_ += count;
  return target.subspan(count);
}

task<result<>> buffered_reader::read_exactly(std::span<std::uint8_t> target, deadline end) {
  target = take(target);
  while (!target.empty()) {
    if (target.size() >= most_bytes) co_return co_await from_.read_exactly(target, end);
    if (buffer_.empty()) buffer_.resize(least_bytes);
    const result<std::size_t> count = co_await from_.read_some(buffer_, end);
    if (!count) co_return fail(count);
    if (*count == 0) co_return fail(error_code::unavailable, "closed by the other side within a message");
    begin_ = 0;
    end_ = *count;
    target = take(target);
    // All of it was filled, and all of it is taken: more comes at once than fits.
    if (end_ == buffer_.size() && begin_ == end_ && buffer_.size() < most_bytes)
      buffer_ = bytes(std::min(most_bytes, std::max(2 * buffer_.size(), 2 * target.size())));
  }
  co_return result<>{};
}

}  // namespace marquee::net
