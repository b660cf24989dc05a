#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace marquee {

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4), as Kafka and iSCSI use it. "123456789" gives 0xe3069283.
[[nodiscard]] std::uint32_t crc32c(bytes_view data);
/// Goes on from the checksum of what came before: `crc32c(b, crc32c(a))` equals the checksum of a followed by
/// b.
[[nodiscard]] std::uint32_t crc32c(bytes_view data, std::uint32_t previous);

}  // namespace marquee
