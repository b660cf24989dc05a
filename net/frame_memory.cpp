#include "net/frame_memory.h"

#include <new>

namespace marquee::net {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool may_keep = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool may_keep = false;
#else
constexpr bool may_keep = true;
#endif
#else
constexpr bool may_keep = true;
#endif

constinit thread_local frame_pool* current = nullptr;

}  // namespace

frame_pool::~frame_pool() {
  for (size_class& each : classes_)
    while (each.first != nullptr) {
      free_block* const block = each.first;
      each.first = block->next;
      ::operator delete(block);
    }
}

void frame_pool::use_on_this_thread(frame_pool* pool) {
  current = may_keep ? pool : nullptr;
}

void* frame_pool::allocate(std::size_t size) {
  if (size == 0 || size > largest_bytes) return ::operator new(size);
  const std::size_t index = (size - 1) / step_bytes;
  if (current != nullptr) {
    size_class& fitting = current->classes_[index];
    if (free_block* const block = fitting.first) {
      fitting.first = block->next;
      --fitting.count;
      return block;
    }
  }
  return ::operator new((index + 1) * step_bytes);
}

void frame_pool::release(void* frame, std::size_t size) noexcept {
  if (current != nullptr && size > 0 && size <= largest_bytes) {
    size_class& fitting = current->classes_[(size - 1) / step_bytes];
    if (fitting.count < kept_most) {
      fitting.first = ::new (frame) free_block{fitting.first};
      ++fitting.count;
      return;
    }
  }
  ::operator delete(frame);
}

}  // namespace marquee::net
