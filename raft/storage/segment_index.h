#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/types.h"
#include "raft/core/configuration.h"
#include "raft/core/entry.h"
#include "raft/storage/segment_format.h"

namespace marquee::raft {

/// About what lies in one segment, small enough to stay in memory: a place about every 64 KiB, where terms
/// begin, which entries are configurations, and where the segment ends. A function of the segment's entries;
/// what is stored beside a sealed segment can always be made again.
class segment_index {
 public:
  struct place {
    log_index index;
    record_offset offset;
    std::int64_t append_time_ms = 0;
    std::uint64_t file_position = 0;
    bool operator==(const place&) const = default;
  };
  struct term_begin {
    log_index index;
    term_number term;
    bool operator==(const term_begin&) const = default;
  };
  struct configuration_at {
    log_index index;
    configuration members;
    bool operator==(const configuration_at&) const = default;
  };

  segment_index() = default;
  /// Of a segment without entries.
  segment_index(const segment_header& header, std::uint64_t header_bytes);
  bool operator==(const segment_index&) const = default;

  /// The next entry, which lies at the end. Errors: corrupt (it does not continue the log, or is a
  /// configuration that cannot be read).
  [[nodiscard]] result<> add(const entry& e);

  [[nodiscard]] log_index base_index() const { return base_index_; }
  [[nodiscard]] log_index last_index() const { return last_index_; }
  [[nodiscard]] term_number last_term() const { return last_term_; }
  [[nodiscard]] record_offset next_offset() const { return next_offset_; }
  /// As `last_time_ms` if it is empty.
  [[nodiscard]] std::int64_t first_time_ms() const {
    return places_.empty() ? last_time_ms_ : places_.front().append_time_ms;
  }
  [[nodiscard]] std::int64_t last_time_ms() const { return last_time_ms_; }
  [[nodiscard]] std::uint32_t rolling_checksum() const { return rolling_checksum_; }
  [[nodiscard]] std::uint64_t file_bytes() const { return file_bytes_; }
  [[nodiscard]] const std::vector<configuration_at>& configurations() const { return configurations_; }
  [[nodiscard]] bool empty() const { return last_index_ < base_index_; }

  [[nodiscard]] std::optional<term_number> term_at(log_index index) const;
  /// Where to begin looking; the segment must not be empty.
  [[nodiscard]] std::uint64_t position_for_index(log_index index) const;
  [[nodiscard]] std::uint64_t position_for_offset(record_offset offset) const;
  [[nodiscard]] std::uint64_t position_for_time(std::int64_t append_time_ms) const;

  /// The content of a .index file. Errors: corrupt, unsupported: make it again from the segment.
  [[nodiscard]] bytes encode() const;
  [[nodiscard]] static result<segment_index> decode(bytes_view data);

 private:
  log_index base_index_{1};
  term_number base_term_;
  log_index last_index_;
  term_number last_term_;
  record_offset next_offset_;
  std::int64_t last_time_ms_ = 0;
  std::uint32_t rolling_checksum_ = 0;
  std::uint64_t file_bytes_ = 0;
  std::vector<place> places_;
  std::vector<term_begin> terms_;
  std::vector<configuration_at> configurations_;
};

}  // namespace marquee::raft
