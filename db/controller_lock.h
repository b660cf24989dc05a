#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "db/metadata_rows.h"

namespace marquee::db {

class database_status;

struct controller_lock_options {
  std::string url{};
  std::string holder{};  ///< name of this manager
  std::int64_t connect_timeout_ms = 2'000;
  std::int64_t statement_timeout_ms = 3'000;
  std::int64_t try_every_ms = 1'000;
  /// Without a successful round trip for so long the holder stops acting.
  std::int64_t lease_ms = 5'000;
  database_status* status = nullptr;  ///< may be null, else outlives the lock
};

/// Elects one write manager through a PostgreSQL advisory lock, which belongs to the session of a thread of
/// its own. Whoever gets the lock raises the epoch row; a lost connection loses the office at once, and a
/// server that does not answer loses it after `lease_ms`, by this process's monotonic clock. The server ends
/// a session that it has not heard from for longer than that, so a holder that was stopped or cut off neither
/// acts beside the next one nor keeps the office from it. Thread-safe.
class controller_lock {
 public:
  explicit controller_lock(controller_lock_options options);
  ~controller_lock();
  controller_lock(const controller_lock&) = delete;
  controller_lock& operator=(const controller_lock&) = delete;

  void start();
  /// Gives the lock back.
  void stop();
  /// The epoch under which this process may act right now; nothing if another one is the controller.
  [[nodiscard]] std::optional<controller_office> held() const;
  /// Brokers know an epoch that is not below ours: take one above `known_epoch`, or lose the office.
  void raise_above(std::int64_t known_epoch);

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace marquee::db
