#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "booking_app/voting/ledger_entry.h"

namespace marquee::booking {

enum class replica_state : std::uint8_t { catching_up, voting, retired };

/// "VOTING", "CATCHING_UP", "RETIRED"
[[nodiscard]] std::string_view to_string(replica_state state);

/// What `booking.admin` says about the replicas; a pure function of its entries in order, so that all front
/// ends and the supervisor agree on every strike and on one replacement. Each replica is at first incarnation
/// 1, catching up. Entries about another incarnation than the present one, and a second strike or miss for
/// the same offset, change nothing. Three strikes in a row, or three misses in a row, retire the incarnation.
/// A right vote clears the strikes at lower offsets and the misses up to its own; what front ends still write
/// about those changes nothing. A retired one stays retired until a later incarnation is started.
class replica_ledger {
 public:
  static constexpr int most_strikes = 3;
  static constexpr int most_misses = 3;

  struct replica {
    std::int64_t incarnation = 1;
    replica_state state = replica_state::catching_up;
    int strikes = 0;
    int misses = 0;
    std::string reason{};                       ///< why it was retired
    std::set<std::int64_t> strike_offsets{};    ///< `strikes` of them
    std::set<std::int64_t> miss_offsets{};      ///< `misses` of them
    std::int64_t newest_right_offset = -1;      ///< of the right votes that were written down
    std::optional<replica_agreed> agreement{};  ///< since when it votes
  };

  explicit replica_ledger(const std::vector<std::string>& replicas);

  void apply(const ledger_entry& entry);

  [[nodiscard]] const std::map<std::string, replica>& replicas() const { return replicas_; }
  /// Null for a name that is not configured.
  [[nodiscard]] const replica* find(const std::string& name) const;
  /// Those whose votes count.
  [[nodiscard]] std::set<std::string> voting() const;
  [[nodiscard]] const std::optional<shared_producers>& producers() const { return producers_; }
  /// The one of the highest offset.
  [[nodiscard]] const std::optional<voted_digest>& newest_digest() const { return newest_digest_; }

 private:
  void fold(const replica_bug& entry);
  void fold(const replica_silent& entry);
  void fold(const replica_right& entry);
  void fold(const replica_agreed& entry);
  void fold(const replica_retired& entry);
  void fold(const replica_started& entry);
  void fold(const voted_digest& entry);
  void fold(const shared_producers& entry);
  /// The replica that an entry is about, unless it is retired or of another incarnation.
  template <class Entry>
  [[nodiscard]] replica* living(const Entry& entry);

  std::map<std::string, replica> replicas_;
  std::optional<shared_producers> producers_;
  std::optional<voted_digest> newest_digest_;
};

}  // namespace marquee::booking
