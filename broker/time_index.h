#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/byte_codec.h"
#include "base/result.h"
#include "base/types.h"

namespace marquee::broker {

/// Where to look for a record by its timestamp, which clients choose and which may go up and down: the
/// largest timestamp of each stretch of about a mebibyte of log. A function of the log; part of the
/// partition's state.
class time_index {
 public:
  static constexpr std::uint64_t stretch_bytes = 1 << 20;

  void add(record_offset base_offset, std::uint64_t length, std::int64_t max_timestamp_ms);
  /// Offset at which to begin reading for the first record at or after `timestamp_ms`; records before it are
  /// all older. Nothing: no record is that new.
  [[nodiscard]] std::optional<record_offset> find(std::int64_t timestamp_ms) const;
  /// The log begins with `log_start` from now on: stretches that lie before it go.
  void forget_below(record_offset log_start);
  /// The largest timestamp of the stretches that begin at or after `from`, if there are any.
  [[nodiscard]] std::optional<std::int64_t> largest(record_offset from) const;
  /// Where the first stretch begins that begins after `offset`.
  [[nodiscard]] std::optional<record_offset> next_stretch(record_offset offset) const;

  void encode(byte_writer& out) const;
  /// Errors: corrupt.
  [[nodiscard]] result<> decode(byte_reader& in);

 private:
  struct stretch {
    record_offset base_offset{};
    std::int64_t max_timestamp_ms = 0;
  };
  std::vector<stretch> stretches_;
  std::uint64_t last_stretch_bytes_ = 0;
};

}  // namespace marquee::broker
