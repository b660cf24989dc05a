#include "raft/core/entry.h"

#include "raft/core/entry_codec.h"

namespace marquee::raft {

std::size_t entry::payload_bytes() const {
  std::size_t total = 0;
  for (const shared_bytes& part : payload) total += part.size();
  return total;
}

std::size_t entry::encoded_bytes() const {
  return entry_header_bytes + head.size() + payload_bytes();
}

}  // namespace marquee::raft
