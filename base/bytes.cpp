#include "base/bytes.h"

#include <utility>

#include "base/assert.h"

namespace marquee {

shared_bytes shared_bytes::of(bytes data) {
  auto owner = std::make_shared<const bytes>(std::move(data));
  const bytes_view view = *owner;
  return window(std::move(owner), view);
}

shared_bytes shared_bytes::of(std::string data) {
  auto owner = std::make_shared<const std::string>(std::move(data));
  const bytes_view view = as_bytes(*owner);
  return window(std::move(owner), view);
}

shared_bytes shared_bytes::copy_of(bytes_view data) {
  return of(bytes(data.begin(), data.end()));
}

shared_bytes shared_bytes::window(std::shared_ptr<const void> owner, bytes_view data) {
  shared_bytes result;
  result.owner_ = std::move(owner);
  result.view_ = data;
  return result;
}

shared_bytes shared_bytes::slice(std::size_t position, std::size_t size) const {
  MARQUEE_ASSERT(position <= view_.size() && size <= view_.size() - position,
                 "slice lies outside its buffer");
  return window(owner_, view_.subspan(position, size));
}

}  // namespace marquee
