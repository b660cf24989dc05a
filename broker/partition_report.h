#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/partition_access.h"
#include "net/future.h"

namespace marquee::broker {

/// Whether the high watermark of a leader is confirmed by a majority before it is told.
enum class report_freshness : std::uint8_t { as_known_here, confirmed };

/// One replica as JSON for GET /internal/partitions. With `confirmed` a leader's high watermark is null if it
/// cannot be confirmed.
[[nodiscard]] net::future<std::string> report_partition(const replica_pointer& replica,
                                                        report_freshness freshness);

}  // namespace marquee::broker
