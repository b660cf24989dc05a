#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/deadline.h"
#include "net/task.h"
#include "net/wake_point.h"

namespace marquee::db {

class database_status;
class metadata_cache;

struct metadata_follower_options {
  /// As in metadata_store_options.
  std::string url{};
  std::int64_t connect_timeout_ms = 2'000;
  std::int64_t statement_timeout_ms = 5'000;
  std::int64_t poll_ms = 5'000;
  std::int64_t reconnect_least_ms = 100;
  std::int64_t reconnect_most_ms = 3'000;
  /// File that keeps a copy of what was read; empty: none.
  std::string copy_file{};
  std::int64_t copy_every_ms = 1'000;
  database_status* status = nullptr;  ///< may be null, else outlives the follower
};

/// Keeps a `metadata_cache` up to date (DESIGN D15): a thread of its own with a connection of its own LISTENs
/// first, then reads everything above the cache's version, then again at every notification and every 5 s.
/// While PostgreSQL is away it goes on trying, and the cache keeps what it has. A database that has gone back
/// (a restored backup) is told so and read again as a whole; one of another cluster is left alone, and
/// `status` says so. Owned by the process; `refresh` and the questions are thread-safe.
class metadata_follower {
 public:
  metadata_follower(metadata_cache& cache, metadata_follower_options options);
  /// Stops.
  ~metadata_follower();
  metadata_follower(const metadata_follower&) = delete;
  metadata_follower& operator=(const metadata_follower&) = delete;

  /// Fills the cache from the copy, if there is one: what was known when it was written. Before `start`.
  void load_copy();
  /// Starts the thread.
  void start();
  /// Blocks for at most a moment, even when the server is frozen.
  void stop();

  /// Reads what is newer now, before something is said not to exist. When it returns without an error the
  /// cache holds everything that was committed before the call. Calls at the same time share one read.
  /// Errors: unavailable.
  [[nodiscard]] net::task<result<>> refresh(net::deadline end);
  /// Woken after every change of the cache.
  [[nodiscard]] const net::notifier& changed() const;
  /// PostgreSQL answered the last question.
  [[nodiscard]] bool connected() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace marquee::db
