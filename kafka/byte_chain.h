#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace marquee::kafka {

/// Bytes in several pieces that follow each other: what a gathering write sends without copying. Record data
/// in Produce requests and Fetch responses is a chain of windows on the buffers it arrived in or was read
/// into.
struct byte_chain {
  std::vector<shared_bytes> parts;

  byte_chain() = default;
  byte_chain(shared_bytes only) { append(std::move(only)); }  // NOLINT: one piece is a chain

  void append(shared_bytes part) {
    if (!part.empty()) parts.push_back(std::move(part));
  }
  [[nodiscard]] std::size_t size() const {
    std::size_t total = 0;
    for (const shared_bytes& part : parts) total += part.size();
    return total;
  }
  [[nodiscard]] bool empty() const { return parts.empty(); }
  /// One window on everything: the only part as it is, or else a copy.
  [[nodiscard]] shared_bytes joined() const {
    if (parts.empty()) return {};
    if (parts.size() == 1) return parts.front();
    bytes all;
    all.reserve(size());
    for (const shared_bytes& part : parts) all.insert(all.end(), part.data(), part.data() + part.size());
    return shared_bytes::of(std::move(all));
  }
};

/// A whole message as it goes on the wire, length prefix included.
using wire_message = byte_chain;

}  // namespace marquee::kafka
