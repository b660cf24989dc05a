#pragma once

#include <cstddef>

namespace marquee::net {

/// Memory for coroutine frames. A request goes through some twenty coroutines, whose frames are of few sizes
/// and live briefly: each loop keeps the frames that ended and hands them out again. On threads without a
/// pool, and for very large frames, it is plain operator new. Blocks may be freed on another thread than they
/// were made on. Sanitized builds never keep a frame, so that its use after its end is found.
class frame_pool {
 public:
  frame_pool() = default;
  ~frame_pool();
  frame_pool(const frame_pool&) = delete;
  frame_pool& operator=(const frame_pool&) = delete;

  /// The pool of the calling thread from here on; null: none. It must outlive its use.
  static void use_on_this_thread(frame_pool* pool);

  static void* allocate(std::size_t size);
  static void release(void* frame, std::size_t size) noexcept;

 private:
  struct free_block {
    free_block* next;
  };
  struct size_class {
    free_block* first = nullptr;
    std::size_t count = 0;
  };
  static constexpr std::size_t step_bytes = 128;
  static constexpr std::size_t largest_bytes = 4096;
  static constexpr std::size_t kept_most = 512;  ///< of each size

  size_class classes_[largest_bytes / step_bytes];
};

}  // namespace marquee::net
