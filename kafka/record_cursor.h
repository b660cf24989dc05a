#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/byte_codec.h"
#include "base/bytes.h"
#include "base/result.h"
#include "kafka/record_batch.h"

namespace marquee::kafka {

struct record_header_view {
  std::string_view name;
  std::optional<bytes_view> value;
};

/// One record of a batch. Views point into the batch, or into what it was decompressed to.
struct record_view {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  std::int32_t offset_delta = 0;
  std::optional<bytes_view> key;
  std::optional<bytes_view> value;  ///< null: a tombstone
  std::vector<record_header_view> headers;
};

/// Goes through the records of one batch, which it decompresses if need be. Any bytes are safe to read;
/// `failed` tells whether they were records.
class record_cursor {
 public:
  /// No stored batch decompresses to more: 8 times the largest max.message.bytes.
  static constexpr std::size_t most_stored_bytes = std::size_t{8} * (32 << 20);

  /// `batch` must have at least a header's bytes and outlive the cursor and its views. `most_bytes`: what the
  /// records of a compressed batch may grow to.
  explicit record_cursor(bytes_view batch, std::size_t most_bytes = most_stored_bytes);

  /// The next record, into `record`, whose memory is used again. False at the end and after a failure.
  [[nodiscard]] bool next(record_view& record);
  /// What was read is not a record; also when fewer or more bytes are there than the header's count of
  /// records takes, and when the batch cannot be decompressed.
  [[nodiscard]] bool failed() const { return failed_; }
  /// Why the batch cannot be decompressed; nothing if it can. Codes as for `decompress`.
  [[nodiscard]] const std::optional<error>& decompression_failure() const { return decompression_failure_; }
  [[nodiscard]] const batch_header& header() const { return header_; }
  /// What the views of a compressed batch's records point into: whoever keeps views keeps this. Empty for an
  /// uncompressed batch, whose views point into the batch itself.
  [[nodiscard]] const shared_bytes& decompressed() const { return decompressed_; }

 private:
  bool read_record(byte_reader in, record_view& record);

  batch_header header_;
  shared_bytes decompressed_;
  std::optional<error> decompression_failure_;
  byte_reader in_;
  std::int32_t index_ = 0;
  bool failed_ = false;
};

}  // namespace marquee::kafka
