#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace marquee::booking {

// Records of `booking.admin`, JSON. Whoever reads them all, in order, knows the same: see replica_ledger.h.

/// {"v":1,"type":"replica.bug","replica","incarnation","offset","by"}: another vote than the majority's, or
/// another digest.
struct replica_bug {
  std::string replica;
  std::int64_t incarnation = 0;
  std::int64_t offset = 0;
  std::string by;
};
/// "replica.silent": no vote within the time where a majority voted.
struct replica_silent {
  std::string replica;
  std::int64_t incarnation = 0;
  std::int64_t offset = 0;
  std::string by;
};
/// "replica.right": a right vote, which clears strikes and misses. Written only while there are any.
struct replica_right {
  std::string replica;
  std::int64_t incarnation = 0;
  std::int64_t offset = 0;
  std::string by;
};
/// "replica.agreed": its digest at an offset is the majority's: from here on it votes.
struct replica_agreed {
  std::string replica;
  std::int64_t incarnation = 0;
  std::int64_t offset = 0;
  std::string digest;
  std::string by;
};
/// "replica.retired": asked for by an administrator, or no heartbeat. Three strikes or misses retire without
/// this entry.
struct replica_retired {
  std::string replica;
  std::int64_t incarnation = 0;
  std::string reason;
  std::string by;
};
/// "replica.started": the supervisor has started this incarnation on an empty disk.
struct replica_started {
  std::string replica;
  std::int64_t incarnation = 0;
  std::string by;
};
/// "digest": what a majority had at an offset; written every 10,000 offsets.
struct voted_digest {
  std::int64_t offset = 0;
  std::string digest;
  std::string by;
};
/// "producers": the producer ids that all front ends share for events and dead letters; the first one counts.
struct shared_producers {
  std::string events;
  std::string dead_letters;
  std::string by;
};

using ledger_entry = std::variant<replica_bug, replica_silent, replica_right, replica_agreed, replica_retired,
                                  replica_started, voted_digest, shared_producers>;

[[nodiscard]] std::string encode(const ledger_entry& entry);
/// Errors: corrupt; unsupported for types and versions of later releases, which readers pass over.
[[nodiscard]] result<ledger_entry> decode_ledger_entry(std::string_view text);

}  // namespace marquee::booking
