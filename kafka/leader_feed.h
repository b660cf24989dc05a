#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "net/endpoint.h"

namespace marquee::net {
class cluster_secret;
class event_loop;
class http_client;
}  // namespace marquee::net

namespace marquee::kafka {

class cluster_client;

struct leader_feed_options {
  std::int64_t poll_ms = 2'000;   ///< how long the broker may keep a question when there is no news
  std::int64_t grace_ms = 1'000;  ///< how much later its answer may come
  std::int64_t pause_ms = 200;    ///< before the next broker is asked after a failure
};

/// Who leads what, as a stream (DESIGN D16): keeps a long poll at `GET /internal/leaders` of two brokers that
/// answer, and feeds a `cluster_client`. Two, because the broker that is cut off is often the one that was
/// asked, and news of its successor must not wait until that is noticed. What both tell is the same, and the
/// client goes by terms. While no broker answers, the client has its other sources: hints in answers, and
/// metadata. Lives on the client's loop: made, given brokers and stopped there; what it refers to must
/// outlive the loop's thread.
class leader_feed {
 public:
  leader_feed(net::event_loop& loop, net::http_client& http, const net::cluster_secret& secret,
              cluster_client& client, leader_feed_options options = {});
  /// Stops.
  ~leader_feed();
  leader_feed(const leader_feed&) = delete;
  leader_feed& operator=(const leader_feed&) = delete;

  /// HTTP addresses of the brokers, in any order; replaces what was given before.
  void set_brokers(std::vector<net::endpoint> brokers);
  void start();
  void stop();
  /// Some broker answered the last question.
  [[nodiscard]] bool connected() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace marquee::kafka
