#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/byte_codec.h"
#include "base/bytes.h"
#include "kafka/record_batch.h"

namespace marquee::kafka {

struct record_header_view {
  std::string_view name;
  std::optional<bytes_view> value;
};

/// One record of a batch. Views point into the batch.
struct record_view {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  std::int32_t offset_delta = 0;
  std::optional<bytes_view> key;
  std::optional<bytes_view> value;  ///< null: a tombstone
  std::vector<record_header_view> headers;
};

/// Goes through the records of one uncompressed batch. Any bytes are safe to read; `failed` tells whether
/// they were records.
class record_cursor {
 public:
  /// `batch` must have at least a header's bytes and outlive the cursor and its views.
  explicit record_cursor(bytes_view batch);

  /// The next record, into `record`, whose memory is used again. False at the end and after a failure.
  [[nodiscard]] bool next(record_view& record);
  /// What was read is not a record; also when fewer or more bytes are there than the header's count of
  /// records takes.
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] const batch_header& header() const { return header_; }

 private:
  bool read_record(byte_reader in, record_view& record);

  batch_header header_;
  byte_reader in_;
  std::int32_t index_ = 0;
  bool failed_ = false;
};

}  // namespace marquee::kafka
