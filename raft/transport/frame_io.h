#pragma once

#include <cstddef>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "net/deadline.h"
#include "net/stream.h"
#include "net/task.h"
#include "raft/transport/frame.h"

namespace marquee::raft {

struct received_frame {
  frame_type type = frame_type::hello;
  shared_bytes payload;
};

/// How long a frame whose header has come may take to be complete.
inline constexpr std::int64_t frame_body_timeout_ms = 30'000;

/// Reads one frame from a `net::stream` or a `net::buffered_reader`; `end` is for its header. Memory is taken
/// only after the length was checked. Errors: unavailable (the other side closed or reset), timed_out,
/// corrupt, too_large, unsupported: after any of them the connection is of no more use.
template <class Source>
[[nodiscard]] net::task<result<received_frame>> read_frame(Source& from, std::size_t limit_bytes,
                                                           net::deadline end);
/// Writes one frame without copying `parts`. Errors: those of stream::write.
[[nodiscard]] net::task<result<>> write_frame(net::stream& to, frame_type type,
                                              std::span<const bytes_view> parts, net::deadline end);

}  // namespace marquee::raft
