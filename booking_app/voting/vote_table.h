#pragma once

#include <cstdint>
#include <deque>
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
/// client id): a record may cause several. Votes of replicas that do not count are kept aside and decide only
/// once they do (`recount`). Votes that come after the decision are judged at once; an answer whose votes
/// cannot agree any more (fewer than f+1 equal ones even if every missing counting replica joined the largest
/// party) is `hopeless`. While fewer than f+1 replicas count nothing is hopeless: new ones are being made.
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
  /// What another set of counting replicas makes of an answer.
  struct recounted_answer {
    answer_id answer{};
    std::optional<decision> decided{};
    bool hopeless = false;
  };
  /// An answer that was decided and lacks votes of counting replicas.
  struct missing_votes {
    std::int64_t at_offset = 0;
    std::vector<std::string> replicas;
  };

  explicit vote_table(limits bounds) : bounds_(bounds) {}

  /// A second vote of a replica for the same answer is ignored if it is equal, else judged like any other: a
  /// replica that says two things is in the party of both and, at the decision, among the `different`.
  /// `counting`: the replicas whose votes count.
  result_of_vote add(const vote& one, const std::set<std::string>& counting, std::int64_t now_ms);
  /// To be called when the set of counting replicas has changed: answers that this decides or makes hopeless.
  [[nodiscard]] std::vector<recounted_answer> recount(const std::set<std::string>& counting,
                                                      std::int64_t now_ms);
  /// To be called when another incarnation of a replica was started: what the one before said about answers
  /// that are still open is not held against it.
  void forget_votes_of(const std::string& replica);
  /// Answers that were decided `silence_ms` ago or earlier, each once: who counted then, still does and has
  /// not voted was silent.
  /// To be called often: a caller that did not come for `silence_ms` was itself asleep while votes waited for
  /// it, and all decided answers get the whole time once more.
  [[nodiscard]] std::vector<missing_votes> take_silences(const std::set<std::string>& counting,
                                                         std::int64_t now_ms, std::int64_t silence_ms);
  /// All decided answers get the whole time once more: the votes could not be read for a while.
  void restart_silences(std::int64_t now_ms) { not_before_ms_ = now_ms; }
  [[nodiscard]] std::size_t size() const { return answers_.size(); }

 private:
  /// Equal votes. The first one is kept, with its text until the decision.
  struct party {
    vote first;
    std::vector<std::string> replicas;
  };
  struct tally {
    std::vector<party> parties{};
    std::optional<std::size_t> agreed{};  ///< the party that won
    std::int64_t decided_ms = 0;
    std::vector<std::string> missing{};  ///< counted at the decision and have not voted yet
    bool hopeless = false;
  };
  using tallies = std::map<answer_id, tally>;

  [[nodiscard]] bool decide(tally& of, const std::set<std::string>& counting, std::int64_t now_ms,
                            std::optional<decision>& decided);
  [[nodiscard]] static decision conclude(tally& of, const std::set<std::string>& counting);
  void remove_oldest();

  limits bounds_;
  tallies answers_{};
  std::set<answer_id> undecided_{};
  std::deque<answer_id> in_order_of_decision_{};  ///< whose silences were not taken
  std::optional<std::int64_t> last_look_ms_{};
  std::int64_t not_before_ms_ = 0;
};

}  // namespace marquee::booking
