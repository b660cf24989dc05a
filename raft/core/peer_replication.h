#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/types.h"

namespace marquee::raft {

/// A leader's view of one other replica (nextIndex and matchIndex of the Raft paper, figure 2).
///
/// Two states. While *probing* the leader does not know where the logs part, or whether what it sent arrived:
/// it sends one append and waits. While *streaming* it sends on without waiting, up to a window of appends.
/// Invariant: match < next; match never goes back but by `lost_entries`.
class peer_replication {
 public:
  explicit peer_replication(log_index next) : next_(next) {}

  [[nodiscard]] log_index match() const { return match_; }
  [[nodiscard]] log_index next() const { return next_; }
  [[nodiscard]] bool is_probing() const { return probing_; }
  /// An append may be sent now; `window` bounds those without an answer.
  [[nodiscard]] bool may_send(std::size_t window) const {
    return probing_ ? !waiting_ : in_flight_.size() < window;
  }
  [[nodiscard]] bool has_in_flight() const { return !in_flight_.empty(); }

  /// An append left whose last entry is `last` (or which had none: then the index before).
  void sent(log_index last);
  /// An append without entries left, to find out whether what is in flight arrived.
  void asked() { quiet_ = false; }
  /// Durable there up to `index`. False if that is no news.
  bool acknowledged(log_index index);
  /// True if a rejection of the append after `rejected` can be about something in flight; a stale one must
  /// not move anything (raft-pitfalls 18).
  [[nodiscard]] bool is_current_rejection(log_index rejected) const;
  /// Starts probing at `next`, or at the first index that is not known to match.
  void probe_from(log_index next);
  /// What was under way is lost.
  void connection_lost();
  void connection_back();
  /// It has lost entries that it had acknowledged: nothing is known to match any more. The one place where
  /// `match` goes back (DESIGN D4). Probes at `next`.
  void lost_entries(std::uint64_t losses, log_index next);
  /// How often it has lost entries; what it said before the last time counts for nothing.
  [[nodiscard]] std::uint64_t losses() const { return losses_; }

  /// A heartbeat was answered. True if nothing was sent or acknowledged since the answer before: what is
  /// still open is then taken for lost and has to be probed (raft-pitfalls 21).
  [[nodiscard]] bool heartbeat_answered();

  std::int64_t last_heard_ms = 0;
  /// The newest read barrier round that it confirmed.
  std::uint64_t confirmed_context = 0;
  /// Its acknowledgements do not count toward commit.
  bool in_doubt = false;
  /// It does not hold the entry before this log's first one: nothing that is sent from here can fit.
  bool lacks_the_beginning = false;

 private:
  log_index match_;
  log_index next_;
  bool probing_ = true;
  /// While probing: the probe has not been answered.
  bool waiting_ = false;
  bool quiet_ = false;
  std::uint64_t losses_ = 0;
  /// Last indexes of the appends under way, in order.
  std::deque<log_index> in_flight_;
};

}  // namespace marquee::raft
