#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "db/metadata_cache.h"
#include "db/metadata_store.h"

namespace marquee::net {
class event_loop;
}

namespace marquee::db {

/// Which managers live: reports this one to PostgreSQL every two seconds and keeps the list that it reads
/// back, also while PostgreSQL is away. A coroutine on the manager's loop.
class manager_directory {
 public:
  static constexpr std::int64_t report_every_ms = 2'000;
  static constexpr std::int64_t dead_after_ms = 10'000;

  struct entry {
    process_row process;
    bool alive = false;
  };

  manager_directory(net::event_loop& loop, metadata_store& store, const metadata_cache& cache);
  ~manager_directory();
  manager_directory(const manager_directory&) = delete;
  manager_directory& operator=(const manager_directory&) = delete;

  /// `role` is "write_manager" or "read_manager", `http` this manager's own address, "http://host:port".
  void start(std::string name, std::string role, std::string http);
  void stop();
  /// As of the last report that PostgreSQL took.
  [[nodiscard]] std::vector<entry> entries() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace marquee::db
