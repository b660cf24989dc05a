#include "write_manager/manager_directory.h"

#include <stop_token>

#include "base/release.h"

namespace marquee::write_manager {

struct manager_directory::state {
  manager_context& context;
  db::process_row self{};
  std::vector<db::process_row> known{};
  std::stop_source stopping{};

  static net::task<void> run(std::shared_ptr<state> state) {
    while (!state->stopping.stop_requested()) {
      const net::deadline end = net::deadline::in_ms(state->context.options.postgres_timeout_ms);
      state->self.known_version = state->context.cache.version();
      const result<> reported = co_await state->context.store.report_process(state->self, end);
      if (reported)
        if (auto listed = co_await state->context.store.list_processes(end))
          state->known = std::move(*listed);
      co_await net::sleep_ms(report_every_ms);
    }
  }
};

manager_directory::manager_directory(manager_context& context) : state_(std::make_shared<state>(context)) {}

manager_directory::~manager_directory() {
  stop();
}

void manager_directory::start(std::string http) {
  state_->self.name = state_->context.options.process.name;
  state_->self.role = state_->context.options.process.role;
  state_->self.http = std::move(http);
  state_->self.release = release_version();
  state_->self.started_ms = state_->context.time.wall_ms();
  state_->context.loop.spawn([state = state_] { return state::run(state); });
}

void manager_directory::stop() {
  state_->stopping.request_stop();
}

std::vector<manager_directory::entry> manager_directory::entries() const {
  // All times are PostgreSQL's, so its own clock is the newest of them: this manager's row was written last.
  std::int64_t now_ms = 0;
  for (const db::process_row& process : state_->known) now_ms = std::max(now_ms, process.last_seen_ms);
  std::vector<entry> all;
  for (const db::process_row& process : state_->known)
    all.push_back({process, now_ms - process.last_seen_ms < dead_after_ms});
  return all;
}

}  // namespace marquee::write_manager
