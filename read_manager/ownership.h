#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/uuid.h"
#include "read_manager/consumer_session.h"

namespace marquee::read_manager {

/// A consumer as `__consumer_offsets` has it, read behind a barrier.
struct consumer_record {
  enum class state : std::uint8_t { unknown, live, deleted };
  state standing = state::unknown;
  std::int32_t epoch = 0;  ///< 0: never owned
  std::string owner;       ///< "host:port" of a read manager
  uuid topic_id;
  position_map committed;
};

/// How the request came to this manager.
enum class arrival : std::uint8_t {
  direct,    ///< from a client or load balancer
  forwarded  ///< from another manager, which took this one for the owner
};

/// What a manager does about a consumer that it has no session of (DESIGN D12).
enum class ownership_step : std::uint8_t {
  not_found,      ///< there is no such consumer, or it was deleted
  claim,          ///< become the owner: nobody is, or this manager was before it restarted
  forward,        ///< another manager owns it: let it answer
  tell_not_owner  ///< another manager owns it, and the request was forwarded already: say so, the sender
                  ///< looks again
};

[[nodiscard]] ownership_step next_step(const consumer_record& consumer, const std::string& self, arrival how);

/// How forwarding to the owner ended, as far as a take-over goes.
struct forward_attempt {
  bool answered = false;          ///< a final answer came
  bool confirmed = false;         ///< the owner said to the end that it has the request (102)
  bool refused_or_reset = false;  ///< nobody listens there, or the connection broke
};

enum class after_forward : std::uint8_t {
  pass_on,    ///< the owner's answer is the answer
  take_over,  ///< the owner is gone or stuck: claim the consumer
  give_up     ///< the owner has the request and did not answer in time
};

[[nodiscard]] after_forward decide_after_forward(const forward_attempt& attempt);

}  // namespace marquee::read_manager
