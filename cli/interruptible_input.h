#pragma once

#include <array>
#include <streambuf>

namespace marquee::cli {

/// Reads a file descriptor and ends, as at the end of the input, when the user interrupts. The library's own
/// buffer goes on waiting for a terminal or a pipe whatever signal comes, and the signal may reach another
/// thread. Belongs to one thread; does not own the descriptor.
class interruptible_input final : public std::streambuf {
 public:
  explicit interruptible_input(int descriptor) : descriptor_(descriptor) {}

 protected:
  int_type underflow() override;

 private:
  int descriptor_;
  std::array<char, 65'536> buffer_{};
};

}  // namespace marquee::cli
