#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "booking_app/voting/vote.h"

namespace marquee::booking {

/// What was decided about one answer, or what can still be.
struct decision {
  vote agreed;                         ///< one of the equal votes
  std::vector<std::string> right;      ///< replicas that voted so, until then
  std::vector<std::string> different;  ///< replicas that voted otherwise, until then
};

/// Collects votes for answers until f+1 replicas agree; pure. An answer is known by (at_offset, offset,
/// client id): a record may cause several. Votes of replicas that `counts` refuses are kept aside and never
/// decide. Votes that come after the decision are judged at once; an answer whose votes cannot agree any more
/// (fewer than f+1 equal ones even if every missing counting replica joined the largest party) is `hopeless`.
/// Bounded: the oldest answers go first.
class vote_table {
 public:
  struct limits {
    std::size_t needed = 2;  ///< f+1
    std::size_t most_answers = 50'000;
  };
  struct result_of_vote {
    std::optional<decision> decided{};  ///< this vote decided it
    std::optional<bool> right{};        ///< it was decided before: whether this vote agrees
    bool hopeless = false;              ///< this vote made agreement impossible
  };
  /// An answer that was decided and lacks votes of counting replicas.
  struct missing_votes {
    std::int64_t at_offset = 0;
    std::vector<std::string> replicas;
  };

  explicit vote_table(limits bounds) : bounds_(bounds) {}

  /// A second vote of a replica for the same answer is ignored if it is equal, else judged like any other.
  /// `counting`: the replicas whose votes count.
  result_of_vote add(vote one, const std::set<std::string>& counting, std::int64_t now_ms);
  /// Answers that were decided `silence_ms` ago or earlier, each once: who has not voted by then was silent.
  [[nodiscard]] std::vector<missing_votes> take_silences(const std::set<std::string>& counting,
                                                         std::int64_t now_ms, std::int64_t silence_ms);
  [[nodiscard]] std::size_t size() const;

 private:
  limits bounds_;
};

}  // namespace marquee::booking
