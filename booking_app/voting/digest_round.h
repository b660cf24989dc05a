#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "booking_app/voting/replica_ledger.h"

namespace marquee::booking {

/// What a replica answered to GET /status?offset=V.
struct status_answer {
  std::string replica;
  std::int64_t incarnation = 0;
  std::int64_t applied = -1;            ///< newest offset it has applied
  bool broken = false;                  ///< it found its own state damaged and votes no more
  std::optional<std::string> digest{};  ///< after V; nothing if it is not there yet, or long past
};

/// What the answers of one round say about offset V.
struct digest_round {
  std::int64_t offset = 0;
  /// What f+1 replicas have there; nothing without such a majority, or if there are two of them.
  std::optional<std::string> digest{};
  std::vector<std::string> agree{};   ///< have the majority's, whether they vote or are catching up
  std::vector<std::string> differ{};  ///< have another one
  std::vector<std::string> behind{};  ///< answered, but have not applied V
  std::vector<std::string> broken{};
  /// Fewer than f+1 replicas vote (the first start, or all but one replaced): all that are not retired
  /// decided together.
  bool bootstrapping = false;
};

/// Pure. Answers of retired replicas, of other incarnations than the ledger's and of unknown names are passed
/// over; broken ones decide nothing. `needed`: f+1.
[[nodiscard]] digest_round judge_digests(std::int64_t offset, const std::vector<status_answer>& answers,
                                         const replica_ledger& ledger, std::size_t needed = 2);

}  // namespace marquee::booking
