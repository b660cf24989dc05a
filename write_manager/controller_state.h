#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/types.h"
#include "db/metadata_rows.h"
#include "write_manager/metadata_push_codec.h"

namespace marquee::write_manager {

/// One push to be made: everything above `from`.
struct planned_push {
  broker_id broker{};
  db::metadata_version from = 0;
  std::uint64_t generation = 0;  ///< of what is known of the broker: an answer to an older one proves nothing
};

/// What the controller knows of each broker's metadata, and whom it has to tell next (DESIGN D16, D17). A
/// pure state machine: time and answers go in, pushes come out. One push per broker at a time; a failed one
/// waits before the next; whatever is in doubt is told in full. Belongs to the controller's loop.
class controller_state {
 public:
  /// A new office begins with no knowledge.
  void begin_office(std::int64_t epoch);
  [[nodiscard]] std::int64_t epoch() const { return epoch_; }

  /// The brokers that should be told `version` now; each counts as being told until `answered`.
  [[nodiscard]] std::vector<planned_push> next(const std::map<broker_id, boot_count>& live,
                                               db::metadata_version version, std::int64_t now_ms);
  void answered(const planned_push& push, db::metadata_version told, const push_answer& answer,
                std::int64_t now_ms);
  /// Every one of these brokers knows at least `version`.
  [[nodiscard]] bool all_know(const std::vector<broker_id>& brokers, db::metadata_version version) const;

 private:
  struct follower {
    db::metadata_version known = 0;  ///< 0: tell everything
    boot_count boot{};
    std::uint64_t generation = 0;
    bool under_way = false;
    std::int64_t not_before_ms = 0;
  };

  std::int64_t epoch_ = 0;
  std::map<broker_id, follower> followers_;
};

}  // namespace marquee::write_manager
