#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "booking_app/front_end/observer.h"
#include "booking_app/front_end/replica_client.h"
#include "booking_app/front_end/vote_desk.h"
#include "net/event_loop.h"
#include "net/wake_point.h"

namespace marquee::booking {

/// The newest offset that at least two replicas have applied, if they are further than a digest can be asked
/// for at `consumed`: a front end that catches up asks there. Else `consumed`.
[[nodiscard]] std::int64_t offset_to_ask(std::int64_t consumed, const std::vector<std::int64_t>& applied);

/// Asks the replicas for their digests: soon when records were consumed that no vote will confirm, else as a
/// heartbeat. A replica that does not answer holds no round up: it is asked again once its call has ended. On
/// the front end's loop.
class status_rounds {
 public:
  struct options {
    std::int64_t heartbeat_every_ms = 500;
    std::int64_t pause_ms = 50;  ///< between rounds, at least
    std::int64_t wait_ms = 100;  ///< how long replicas may wait to reach the offset
  };

  status_rounds(net::event_loop& loop, options chosen, replica_client& replicas, observer& observed,
                vote_desk& desk, std::function<bool()> votes_are_due);

  /// Goes round until `stop`.
  [[nodiscard]] net::task<> run(std::stop_token stop);
  /// Something was consumed.
  void wake() { work_.wake_all(); }

 private:
  struct round;
  net::task<> go_round(std::int64_t offset, std::stop_token stop);
  net::task<> ask(std::shared_ptr<round> of, std::string replica, std::stop_token stop);
  [[nodiscard]] bool is_behind() const { return observed_.applied() < observed_.consumed(); }
  [[nodiscard]] std::int64_t next_offset() const;

  net::event_loop& loop_;
  options options_;
  replica_client& replicas_;
  observer& observed_;
  vote_desk& desk_;
  std::function<bool()> votes_are_due_;
  std::map<std::string, std::int64_t> applied_;  ///< newest status of each
  std::map<std::string, bool> busy_;
  net::wake_point work_;
};

}  // namespace marquee::booking
