#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "net/deadline.h"
#include "net/stream.h"
#include "net/task.h"

namespace marquee::net {

/// Reads ahead from a stream, so that a message that is read in parts (its length, then its body) costs one
/// call of the operating system instead of three: one for each part, and one that finds nothing behind them.
/// What does not fit into the buffer goes past it, straight to where it is wanted.
///
/// The buffer begins small and grows with what arrives, so that idle connections cost next to nothing.
/// Belongs to the stream's loop; the stream must outlive it, and nobody else may read from it.
class buffered_reader {
 public:
  explicit buffered_reader(stream& from) : from_(from) {}

  /// As `stream::read_exactly`.
  [[nodiscard]] task<result<>> read_exactly(std::span<std::uint8_t> target, deadline end);

  static constexpr std::size_t least_bytes = 512;
  static constexpr std::size_t most_bytes = std::size_t{64} << 10;

 private:
  /// Gives the part of `target` that is still to be filled.
  [[nodiscard]] std::span<std::uint8_t> take(std::span<std::uint8_t> target);

  stream& from_;
  bytes buffer_;
  /// What was read and not yet taken.
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace marquee::net
