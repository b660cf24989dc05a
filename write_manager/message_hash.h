#pragma once

#include <cstdint>

#include "write_manager/produce_request.h"

namespace marquee::write_manager {

/// What a client sent as one message: key, value, headers, explicit partition, explicit timestamp (DESIGN
/// D10). It stands in the log and is compared by every later release, so it never changes. MurmurHash64A
/// (Austin Appleby, public domain) over an unambiguous encoding; big enough to tell a retry from a mistake,
/// not a defence against forgery.
[[nodiscard]] std::uint64_t hash_of(const produce_message& message);

/// The hash of a run of messages: a fold over theirs, in order. Never 0, which means "not known" in the log.
class run_hash {
 public:
  void add(std::uint64_t message_hash);
  [[nodiscard]] std::int64_t value() const;

 private:
  std::uint64_t state_ = 0x4d61727175656531ULL;
};

}  // namespace marquee::write_manager
