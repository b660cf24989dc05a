#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "raft/core/entry.h"

/// What the benchmarks work on. The same in every run.
namespace marquee::micro {

/// Bytes that no compression makes smaller.
[[nodiscard]] bytes sample_bytes(std::size_t size);
/// Letters and digits: a value as clients send it in JSON.
[[nodiscard]] std::string sample_text(std::size_t size);

/// A record batch of so many records with a key of 10 bytes and a value each.
[[nodiscard]] bytes sample_batch(int records, std::size_t value_bytes);

/// A sealed entry of one record in term 1; its offset is its index - 1.
[[nodiscard]] raft::entry sample_entry(std::int64_t index, std::size_t payload_bytes);

}  // namespace marquee::micro
