#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "db/activity_table.h"
#include "db/metadata_cache.h"
#include "db/metadata_store.h"

namespace marquee::net {
class event_loop;
}

namespace marquee::db {

/// The activity table of one manager: writes what was heard here to PostgreSQL in groups, every
/// `write_every_ms` at most, never with a notification (DESIGN D15), and reads what other managers wrote when
/// somebody asks. While PostgreSQL is away everything goes on from memory. Clients and topics that were
/// deleted are not in it. On the manager's loop.
class activity_log {
 public:
  static constexpr std::int64_t write_every_default_ms = 10'000;

  activity_log(net::event_loop& loop, metadata_store& store, const metadata_cache& cache, const clock& time);
  ~activity_log();
  activity_log(const activity_log&) = delete;
  activity_log& operator=(const activity_log&) = delete;

  /// `before_write` notes what is not told one by one. With `after_read` what others wrote is read each time
  /// too, and then it is called. Both may be empty.
  void start(std::int64_t write_every_ms, std::function<void()> before_write = {},
             std::function<void()> after_read = {});
  void stop();

  void note(const client_identity& client);
  void note_broker(broker_id broker, std::int64_t last_seen_ms);
  /// Reads what others wrote since the last time, at most once a second; until `end`, then memory has to do.
  [[nodiscard]] net::task<void> refresh(net::deadline end);
  [[nodiscard]] std::optional<std::int64_t> last_seen_of_broker_ms(broker_id broker) const;
  /// Without those that were deleted meanwhile.
  [[nodiscard]] activity_table& table();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace marquee::db
