#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "kafka/protocol_types.h"
#include "kafka/record_batch.h"

namespace marquee::kafka {

/// What a partition accepts.
struct batch_rules {
  enum class batches : std::uint8_t {
    one,     ///< what foreign clients may send
    several  ///< our managers, who say in a tagged field what each batch is
  };
  batches allowed = batches::one;
  std::int32_t max_batch_bytes = 1'048'588;  ///< max.message.bytes
  /// What the records of a compressed batch may grow to (DESIGN D2).
  std::size_t max_decompressed_bytes = std::size_t{8} * 1'048'588;
  /// Clients that speak an old version of Produce must not send it (kafka-protocol.md section 3).
  enum class zstd_batches : std::uint8_t { allowed, refused } zstd = zstd_batches::allowed;
  /// A compacted topic needs a key on every record.
  enum class null_keys : std::uint8_t { allowed, refused } keys = null_keys::allowed;
};

/// One batch of a partition's record data that passed every check.
struct checked_batch {
  shared_bytes data;  ///< exactly this batch: a window on what was checked
  batch_header header;
  /// Largest timestamp of the records themselves. Where it differs from the header's the broker corrects the
  /// header.
  std::int64_t max_timestamp_ms = 0;
};

/// `batches` is empty unless `error` is none.
struct batch_verdict {
  kafka_error error = kafka_error::none;
  std::string message;                       ///< for people: what is wrong, and where
  std::vector<std::int32_t> record_indexes;  ///< records that are at fault, for null keys only
  std::vector<checked_batch> batches;
};

/// Checks what a client wants to append to one partition: the batch part of the table in kafka-protocol.md
/// section 3, in its order, so that each bad batch gets the code that Apache Kafka would give. A fragment
/// after the last whole batch is ignored. Compressed batches are decompressed to check their records, one at
/// a time. Safe for any bytes; takes time and memory in proportion to the input and to what it is allowed to
/// grow to.
[[nodiscard]] batch_verdict validate_batches(const shared_bytes& records, const batch_rules& rules);

}  // namespace marquee::kafka
