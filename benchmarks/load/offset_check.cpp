#include "benchmarks/load/offset_check.h"

namespace marquee::load {

bool given_offsets::add(std::int64_t partition, std::int64_t offset) {
  if (offset < 0) return false;
  auto& page = pages_[partition][offset / page_offsets];
  if (!page) page = std::make_unique<std::bitset<page_offsets>>();
  const auto place = static_cast<std::size_t>(offset % page_offsets);
  if (page->test(place)) return false;
  page->set(place);
  return true;
}

const char* read_offsets::add(std::int64_t partition, std::int64_t offset) {
  const auto [found, first] = next_.try_emplace(partition, offset);
  const std::int64_t wanted = first ? offset : found->second;
  found->second = offset + 1;
  if (offset == wanted) return nullptr;
  return offset > wanted ? "offsets skipped" : "offsets repeated";
}

}  // namespace marquee::load
