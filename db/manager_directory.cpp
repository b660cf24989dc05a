#include "db/manager_directory.h"

#include <algorithm>
#include <stop_token>

#include "base/release.h"
#include "net/event_loop.h"

namespace marquee::db {

namespace {
constexpr std::int64_t report_timeout_ms = 5'000;
}

struct manager_directory::state {
  net::event_loop& loop;
  metadata_store& store;
  const metadata_cache& cache;
  process_row self{};
  std::vector<process_row> known{};
  std::stop_source stopping{};

  static net::task<void> run(std::shared_ptr<state> state) {
    while (!state->stopping.stop_requested()) {
      const net::deadline end = net::deadline::in_ms(report_timeout_ms);
      state->self.known_version = state->cache.version();
      const result<> reported = co_await state->store.report_process(state->self, end);
      if (reported)
        if (auto listed = co_await state->store.list_processes(end)) state->known = std::move(*listed);
      co_await net::sleep_ms(report_every_ms);
    }
  }
};

manager_directory::manager_directory(net::event_loop& loop, metadata_store& store,
                                     const metadata_cache& cache)
    : state_(std::make_shared<state>(loop, store, cache)) {}

manager_directory::~manager_directory() {
  stop();
}

void manager_directory::start(std::string name, std::string role, std::string http) {
  state_->self.name = std::move(name);
  state_->self.role = std::move(role);
  state_->self.http = std::move(http);
  state_->self.release = release_version();
  state_->self.started_ms = system_clock().wall_ms();
  state_->loop.spawn([state = state_] { return state::run(state); });
}

void manager_directory::stop() {
  state_->stopping.request_stop();
}

std::vector<manager_directory::entry> manager_directory::entries() const {
  // All times are PostgreSQL's, so its own clock is the newest of them: this manager's row was written last.
  std::int64_t now_ms = 0;
  for (const process_row& process : state_->known) now_ms = std::max(now_ms, process.last_seen_ms);
  std::vector<entry> all;
  for (const process_row& process : state_->known)
    all.push_back({process, now_ms - process.last_seen_ms < dead_after_ms});
  return all;
}

}  // namespace marquee::db
