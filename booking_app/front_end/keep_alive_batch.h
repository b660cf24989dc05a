#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "booking_app/front_end/submission.h"
#include "net/event_loop.h"
#include "net/task.h"

namespace marquee::booking {

/// Gathers keep-alives of many sessions into one `session.touch`: the first goes at once, what comes within
/// `pause_ms` after it goes together. So a thousand idle sessions cost four records a second. On the front
/// end's loop.
class keep_alive_batch {
 public:
  struct options {
    std::string client_id;  ///< of the records: "_fe-1"
    std::int64_t pause_ms = 250;
    std::size_t most_sessions = 4'000;  ///< in one record, so that it stays below 64 KiB
  };
  struct touched {
    std::optional<submission_failure> failure{};
    std::int64_t offset = -1;  ///< of the touch
    bool unknown = false;      ///< there is no such session any more
  };

  keep_alive_batch(net::event_loop& loop, options chosen, submission& commands, const clock& time)
      : loop_(loop), options_(std::move(chosen)), commands_(commands), time_(time) {}

  /// Answered once the touch was voted on. The caller has checked whose session it is.
  [[nodiscard]] net::task<touched> touch(std::string session, std::stop_token cancel);

 private:
  struct batch;
  net::task<> send(std::shared_ptr<batch> which);

  net::event_loop& loop_;
  options options_;
  submission& commands_;
  const clock& time_;
  std::shared_ptr<batch> open_;
  std::optional<std::int64_t> sent_ms_;
};

}  // namespace marquee::booking
