#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "booking_app/voting/digest_round.h"
#include "booking_app/voting/ledger_entry.h"
#include "booking_app/voting/replica_ledger.h"
#include "booking_app/voting/vote_table.h"

namespace marquee::booking {

/// Decides what one front end writes to `booking.admin`; pure. Every call gives the entries to write, in
/// order. What was given is not given again until it is folded (`on_folded`) or was lost for `lost_after_ms`.
///
/// - A counting replica's vote that is not the decided one, or another digest than the majority's: a strike.
/// - No vote in time, and none since for a later offset (a vote may be lost on its way): a miss.
/// - A right vote: written only while strikes or misses are open that it clears.
/// - A replica that is catching up and has the majority's digest: agreed, from then on its votes count.
/// - No status answer for `heartbeat_ms`, or an answer that it found itself damaged: retired.
///
/// Silence is held against a replica only while at least two other voting ones were heard in the last half of
/// `heartbeat_ms`: else this front end, or the log, is the problem. (Half: whoever is cut off stops to hear
/// all of them at almost the same time.) For the same reason no silence is counted over a time in which
/// `on_time` was not called or fewer than two were heard.
class replica_judge {
 public:
  struct options {
    std::string by;                      ///< this front end, "fe-1"
    std::int64_t heartbeat_ms = 10'000;  ///< no status answer for so long: crashed
    /// The same for an incarnation that this front end has not heard of yet: it may just be starting.
    std::int64_t first_heartbeat_ms = 10'000;
    std::int64_t digest_every = 10'000;  ///< offsets between two entries of the majority's digest
    std::int64_t lost_after_ms = 5'000;
  };
  using entries = std::vector<ledger_entry>;

  explicit replica_judge(options chosen) : options_(std::move(chosen)) {}

  /// A vote and what the table made of it.
  entries on_vote(const vote& one, const vote_table::result_of_vote& outcome, const replica_ledger& ledger,
                  std::int64_t now_ms);
  /// What vote_table::recount gave.
  entries on_recount(const std::vector<vote_table::recounted_answer>& changed, const replica_ledger& ledger,
                     std::int64_t now_ms);
  entries on_silences(const std::vector<vote_table::missing_votes>& silences, const replica_ledger& ledger,
                      std::int64_t now_ms);
  /// Every answer to GET /status, as soon as it is there.
  void on_status(const status_answer& answer, std::int64_t now_ms);
  entries on_round(const digest_round& round, const replica_ledger& ledger, std::int64_t now_ms);
  /// Heartbeats that are missing. To be called several times in `heartbeat_ms`.
  entries on_time(const replica_ledger& ledger, std::int64_t now_ms);
  /// Every entry that the ledger has folded, whoever wrote it; after the folding.
  void on_folded(const ledger_entry& entry);

 private:
  /// What was given and is not folded yet, about one incarnation: offset and time of each.
  struct open_entries {
    std::int64_t incarnation = 0;
    std::map<std::int64_t, std::int64_t> strikes{};
    std::map<std::int64_t, std::int64_t> misses{};
    std::map<std::int64_t, std::int64_t> rights{};
    std::optional<std::int64_t> agreed_ms{};
    std::optional<std::int64_t> retired_ms{};
  };
  struct heard_of {
    std::int64_t incarnation = 0;
    std::optional<std::int64_t> status_ms{};  ///< of the newest status answer
    std::int64_t since_ms = 0;                ///< known to this front end
    std::int64_t vote_ms = -1;                ///< of the newest vote; negative: none
    std::int64_t right_offset = -1;           ///< highest offset with a right vote
    std::int64_t excused_ms = -1;  ///< until then it was not for want of its answers that none came
  };

  void judge_decision(const decision& made, const replica_ledger& ledger, std::int64_t now_ms, entries& out);
  void judge_vote(const std::string& replica, std::int64_t at_offset, bool right,
                  const replica_ledger& ledger, std::int64_t now_ms, entries& out);
  void strike(const std::string& replica, std::int64_t offset, const replica_ledger& ledger,
              std::int64_t now_ms, entries& out);
  void miss(const std::string& replica, std::int64_t offset, const replica_ledger& ledger,
            std::int64_t now_ms, entries& out);
  void clear(const std::string& replica, std::int64_t offset, const replica_ledger& ledger,
             std::int64_t now_ms, entries& out);
  void retire(const std::string& replica, std::string reason, const replica_ledger& ledger,
              std::int64_t now_ms, entries& out);
  void confirm(std::int64_t offset, const std::string& digest, const replica_ledger& ledger,
               std::int64_t now_ms, entries& out);
  [[nodiscard]] open_entries& open(const std::string& replica, std::int64_t incarnation, std::int64_t now_ms);
  [[nodiscard]] std::size_t heard_lately(const replica_ledger& ledger, const std::string& but,
                                         std::int64_t now_ms) const;
  [[nodiscard]] bool others_answer(const std::string& replica, const replica_ledger& ledger,
                                   std::int64_t now_ms) const;

  options options_;
  std::map<std::string, open_entries> open_{};
  std::map<std::string, heard_of> heard_{};
  std::optional<std::int64_t> last_time_ms_{};
  std::int64_t digest_offset_ = -1;  ///< of the newest digest entry given
  std::int64_t digest_given_ms_ = 0;
};

}  // namespace marquee::booking
