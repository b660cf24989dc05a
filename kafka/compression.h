#pragma once

#include "base/bytes.h"
#include "kafka/record_batch.h"

namespace marquee::kafka {

/// How snappy is written: librdkafka and most Go clients send one raw block, Java and Python clients xerial
/// frames.
enum class snappy_framing : std::uint8_t { raw, xerial };

/// Compresses with the library's default level: a gzip member, snappy, an LZ4 frame, a zstd frame. `none`
/// gives a copy.
[[nodiscard]] bytes compress(compression codec, bytes_view data,
                             snappy_framing framing = snappy_framing::raw);

}  // namespace marquee::kafka
