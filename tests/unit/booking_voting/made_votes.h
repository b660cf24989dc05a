#pragma once

#include <string>

#include "booking_app/machine/machine.h"
#include "booking_app/voting/vote.h"

namespace marquee::booking {

/// A vote as a table sees it; `answer` and `digest` stand for the reply hash and the state.
inline vote made_vote(const std::string& replica, std::int64_t offset, const std::string& answer,
                      const std::string& digest = "d") {
  return {.replica = replica,
          .offset = offset,
          .at_offset = offset,
          .client_id = "alice",
          .reply_hash = answer,
          .digest = digest,
          .text = answer + " by " + replica};
}

}  // namespace marquee::booking
