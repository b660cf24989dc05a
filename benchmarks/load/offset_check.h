#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>

namespace marquee::load {

/// Which offsets producers were given: none may be given twice. A bit an offset, in pages.
class given_offsets {
 public:
  /// False if that offset was given before.
  [[nodiscard]] bool add(std::int64_t partition, std::int64_t offset);

 private:
  static constexpr std::int64_t page_offsets = 65536;
  std::map<std::int64_t, std::unordered_map<std::int64_t, std::unique_ptr<std::bitset<page_offsets>>>> pages_;
};

/// What one reader was given: in each partition each offset must follow the one before it.
class read_offsets {
 public:
  /// What is wrong if `offset` does not follow: "offsets skipped" (a loss) or "offsets repeated" (allowed
  /// when a consumer is taken over), else null. The first one of a partition may be any.
  [[nodiscard]] const char* add(std::int64_t partition, std::int64_t offset);
  void forget() { next_.clear(); }
  void forget(std::int64_t partition) { next_.erase(partition); }
  /// The next offset of each partition that was read.
  [[nodiscard]] const std::unordered_map<std::int64_t, std::int64_t>& next() const { return next_; }

 private:
  std::unordered_map<std::int64_t, std::int64_t> next_;
};

}  // namespace marquee::load
