#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "base/result.h"

namespace marquee::broker {

struct producer_id_block {
  std::int64_t first = 0;
  std::int64_t count = 0;

  bool operator==(const producer_id_block&) const = default;
};

/// Producer ids that this broker may hand out, so that InitProducerId needs neither managers nor PostgreSQL
/// (DESIGN D10). Kept in `data_dir/producer-ids`; an id is never handed out twice, also after a crash: the
/// file is ahead of what was handed out by up to `step` ids, which are then lost. Thread-safe.
class producer_id_reserve {
 public:
  static constexpr std::int64_t step = 100;
  static constexpr std::int64_t wanted_in_reserve = 2'000;

  producer_id_reserve(file_system& files, std::string path) : files_(files), path_(std::move(path)) {}

  /// Errors: corrupt, io.
  [[nodiscard]] result<> load();
  /// Errors: unavailable (the reserve is empty), io, no_space.
  [[nodiscard]] result<std::int64_t> take();
  /// A block that a manager gave. Errors: io, no_space.
  [[nodiscard]] result<> add(const producer_id_block& block);
  [[nodiscard]] std::int64_t left() const;

 private:
  [[nodiscard]] result<> save_locked(const std::deque<producer_id_block>& blocks);

  file_system& files_;
  std::string path_;
  mutable std::mutex mutex_;
  /// As on disk: not handed out by anybody.
  std::deque<producer_id_block> blocks_;
  /// Taken off the disk's list, to be handed out by this process.
  producer_id_block current_;
};

}  // namespace marquee::broker
