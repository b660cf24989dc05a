#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <span>
#include <string_view>

#include "base/bytes.h"

/// What the fuzz programs share. libFuzzer calls `LLVMFuzzerTestOneInput` with bytes of its own making;
/// sanitizers end the process when a decoder reads outside of them, `require` when a property does not hold.
namespace marquee::fuzz {

/// Ends the process, and so keeps the input, if a property of the code under test does not hold.
inline void require(bool holds, const char* property) {
  if (holds) return;
  std::cerr << "property violated: " << property << "\n";
  std::abort();
}

/// Takes small choices from the front of the input and leaves the rest to the decoder.
class fuzz_input {
 public:
  fuzz_input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  /// 0 to `count` - 1.
  [[nodiscard]] std::size_t choose(std::size_t count) {
    if (rest_.empty()) return 0;
    const std::size_t chosen = rest_.front() % count;
    rest_ = rest_.subspan(1);
    return chosen;
  }
  /// In memory of its own size, so that a read past its end is noticed.
  [[nodiscard]] shared_bytes rest() const { return shared_bytes::copy_of(rest_); }
  [[nodiscard]] std::string_view text() const { return as_text(rest_); }

 private:
  bytes_view rest_;
};

}  // namespace marquee::fuzz
