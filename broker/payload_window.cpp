#include "broker/payload_window.h"

#include <algorithm>

namespace marquee::broker {

kafka::byte_chain payload_window(const raft::entry& from, std::size_t position, std::size_t size) {
  kafka::byte_chain window;
  std::size_t part_begins = 0;
  for (const shared_bytes& part : from.payload) {
    const std::size_t part_ends = part_begins + part.size();
    const std::size_t first = std::max(position, part_begins);
    const std::size_t last = std::min(position + size, part_ends);
    if (first < last) window.append(part.slice(first - part_begins, last - first));
    part_begins = part_ends;
  }
  return window;
}

}  // namespace marquee::broker
