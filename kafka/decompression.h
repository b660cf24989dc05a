#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"
#include "kafka/record_batch.h"

namespace marquee::kafka {

/// Undoes one of Kafka's codecs: gzip, snappy (one raw block, or xerial framing: told by its magic), LZ4
/// frames, zstd. Any bytes are safe. The output grows with what really comes out, never with a size that the
/// input claims, and stops at `most_bytes`; time is in proportion to input and output. `none` gives a copy.
/// Errors: too_large (more than `most_bytes` come out), corrupt (damaged, cut, or followed by other bytes),
/// unsupported (codec 5 to 7).
[[nodiscard]] result<bytes> decompress(compression codec, bytes_view data, std::size_t most_bytes);

}  // namespace marquee::kafka
