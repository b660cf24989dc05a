#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/types.h"

namespace marquee::raft {

/// What a node did that people want to know of. Nothing depends on it.
enum class node_event_kind : std::uint8_t {
  election_started,  ///< asks for votes, or with `pre_vote` whether it would get them
  vote_granted,      ///< to `other`
  vote_refused,      ///< to `other`
  leader_elected,    ///< itself
  leader_followed,   ///< `other`
  stepped_down,
  transfer_started,  ///< to `other`
  transfer_given_up,
  doubt_settled,
};
[[nodiscard]] std::string_view to_string(node_event_kind kind);

struct node_event {
  node_event_kind kind = node_event_kind::election_started;
  term_number term;
  std::optional<replica_id> other = {};
  bool pre_vote = false;
  std::string why = {};

  bool operator==(const node_event&) const = default;
};

/// Collects what happened until it is taken. Bounded; what only repeats itself (the rounds and refusals of a
/// group without a quorum) is kept once.
class node_event_list {
 public:
  void add(node_event what);
  /// A leader is there: what comes then is no repetition.
  void settled() { repeated_.clear(); }
  [[nodiscard]] bool empty() const { return events_.empty(); }
  [[nodiscard]] std::vector<node_event> take() { return std::exchange(events_, {}); }

 private:
  static constexpr std::size_t events_most = 64;
  static constexpr std::size_t repeated_most = 16;

  std::vector<node_event> events_;
  std::vector<node_event> repeated_;
};

}  // namespace marquee::raft
