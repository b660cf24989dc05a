#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "write_manager/manager_context.h"

namespace marquee::write_manager {

/// Which managers live: reports this one to PostgreSQL every two seconds and keeps the list that it reads
/// back, also while PostgreSQL is away. Coroutines on the manager's loop.
class manager_directory {
 public:
  static constexpr std::int64_t report_every_ms = 2'000;
  static constexpr std::int64_t dead_after_ms = 10'000;

  struct entry {
    db::process_row process;
    bool alive = false;
  };

  explicit manager_directory(manager_context& context);
  ~manager_directory();

  /// `http` is this manager's own address, "http://host:port".
  void start(std::string http);
  void stop();
  /// As of the last report that PostgreSQL took.
  [[nodiscard]] std::vector<entry> entries() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace marquee::write_manager
