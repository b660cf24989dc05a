#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/types.h"

namespace marquee::raft {

/// Who belongs to a group (Raft paper section 6; thesis 4.3 for joint configurations). While
/// `outgoing_voters` is not empty the configuration is joint: elections and commits need a majority of both
/// lists. The order of `voters` is the failover rank (DESIGN D18): it is given at creation and kept.
struct configuration {
  std::vector<replica_id> voters;
  std::vector<replica_id> outgoing_voters;
  std::vector<replica_id> learners;

  bool operator==(const configuration&) const = default;
  [[nodiscard]] bool is_voter(const replica_id& replica) const;
  [[nodiscard]] bool is_member(const replica_id& replica) const;
  /// Every voter of either list and every learner, each once, in order.
  [[nodiscard]] std::vector<replica_id> members() const;
  /// A replica that was told to join later starts without a configuration: it neither campaigns nor votes
  /// (DESIGN D9).
  [[nodiscard]] bool empty() const { return voters.empty(); }
};

/// No list of a configuration is longer; more is damage.
constexpr std::size_t most_replicas_of_a_group = 128;

/// Format version, then the three lists. Used in configuration entries, bootstrap records and state blocks.
[[nodiscard]] bytes encode_configuration(const configuration& value);
/// Errors: corrupt, unsupported.
[[nodiscard]] result<configuration> decode_configuration(bytes_view data);

}  // namespace marquee::raft
