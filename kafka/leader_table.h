#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/types.h"

namespace marquee::kafka {

/// Who leads each partition, as far as this process has heard. News come from metadata, from the brokers'
/// leader feed and from hints in answers, in any order: the highest term wins. Pure state, one thread.
class leader_table {
 public:
  /// Whoever leads in `term`. `leader` is empty when that is not known: an older leader is then known to be
  /// gone. True if that was news.
  bool note(const group_id& partition, term_number term, std::optional<broker_id> leader);
  /// `broker` answered that it does not lead, or cannot be reached. Forgets it if it was taken for the
  /// leader; the same term may name it again, because a fresh leader refuses too until its first entry is
  /// applied.
  void note_not_leader(const group_id& partition, broker_id broker);
  void forget_topic(const uuid& topic_id);

  [[nodiscard]] std::optional<broker_id> leader_of(const group_id& partition) const;
  /// 0 when nothing was heard.
  [[nodiscard]] term_number term_of(const group_id& partition) const;

 private:
  struct entry {
    term_number term;
    std::optional<broker_id> leader;
  };
  std::unordered_map<group_id, entry> entries_;
};

}  // namespace marquee::kafka
