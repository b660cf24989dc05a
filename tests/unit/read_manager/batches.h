#pragma once

#include <string>
#include <vector>

#include "kafka/byte_chain.h"
#include "kafka/record_batch_builder.h"

namespace marquee::read_manager {

/// A stored batch of records with these values, from `base_offset` on; keys are "k", timestamps are offset +
/// 1000.
inline kafka::byte_chain batch_at(std::int64_t base_offset, const std::vector<std::string>& values) {
  kafka::record_batch_builder builder;
  for (std::size_t i = 0; i < values.size(); ++i)
    builder.add({base_offset + static_cast<std::int64_t>(i) + 1000, as_bytes("k"), as_bytes(values[i]), {}});
  bytes data = builder.finish();
  kafka::set_offset_and_epoch(data, base_offset, 1);
  return shared_bytes::of(std::move(data));
}

}  // namespace marquee::read_manager
