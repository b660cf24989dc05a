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
/// the same offset, change nothing. Three strikes in a row, or three misses in a row, retire the incarnation;
/// a right vote in between clears both. A retired one stays retired until a later incarnation is started.
class replica_ledger {
 public:
  static constexpr int most_strikes = 3;
  static constexpr int most_misses = 3;

  struct replica {
    std::int64_t incarnation = 1;
    replica_state state = replica_state::catching_up;
    int strikes = 0;
    int misses = 0;
    std::string reason{};  ///< why it was retired
    std::int64_t last_strike_offset = -1;
    std::int64_t last_miss_offset = -1;
  };

  explicit replica_ledger(std::vector<std::string> replicas);

  void apply(const ledger_entry& entry);

  [[nodiscard]] const std::map<std::string, replica>& replicas() const { return replicas_; }
  /// Those whose votes count.
  [[nodiscard]] std::set<std::string> voting() const;
  [[nodiscard]] const std::optional<shared_producers>& producers() const { return producers_; }

 private:
  std::map<std::string, replica> replicas_;
  std::optional<shared_producers> producers_;
};

}  // namespace marquee::booking
