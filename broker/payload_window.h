#pragma once

#include <cstddef>

#include "kafka/byte_chain.h"
#include "raft/core/entry.h"

namespace marquee::broker {

/// A stretch of an entry's payload, without copying; cut at the payload's end.
[[nodiscard]] kafka::byte_chain payload_window(const raft::entry& from, std::size_t position,
                                               std::size_t size);

}  // namespace marquee::broker
