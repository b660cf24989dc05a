#include "db/metadata_follower.h"

#include <atomic>
#include <pqxx/nontransaction>
#include <thread>
#include <vector>

#include "base/logging.h"
#include "db/database_connection.h"
#include "db/metadata_cache.h"
#include "db/statements.h"
#include "db/thread_waker.h"
#include "net/future.h"

namespace marquee::db {

struct metadata_follower::state {
  state(metadata_cache& cache_, metadata_follower_options options_)
      : cache(cache_),
        options(std::move(options_)),
        connection({.url = options.url,
                    .connect_timeout_ms = options.connect_timeout_ms,
                    .statement_timeout_ms = options.statement_timeout_ms,
                    .reconnect_least_ms = options.reconnect_least_ms,
                    .reconnect_most_ms = options.reconnect_most_ms},
                   watchdog) {}

  metadata_cache& cache;
  metadata_follower_options options;
  net::notifier changed;
  std::atomic<bool> connected{false};
  std::atomic<bool> stopped{false};
  bool complained = false;

  statement_watchdog watchdog;
  database_connection connection;
  thread_waker waker;
  std::thread thread;

  std::mutex mutex;
  std::vector<net::promise<>> waiting;  ///< callers of `refresh` whose read has not begun

  [[nodiscard]] std::vector<net::promise<>> take_waiting() {
    const std::lock_guard lock(mutex);
    return std::exchange(waiting, {});
  }

  void complain_once(std::string_view problem) {
    if (!std::exchange(complained, true)) log_error("db", "{}", problem);
  }

  void apply(const metadata_changes& changes) {
    switch (cache.apply(changes)) {
      case metadata_cache::applied::news:
        changed.wake_all();
        break;
      case metadata_cache::applied::nothing_new:
        if (changes.version < changes.above)
          complain_once("PostgreSQL is at metadata version " + std::to_string(changes.version) + ", below " +
                        std::to_string(changes.above) +
                        " which was read before: was an old backup restored?");
        break;
      case metadata_cache::applied::gap:
        break;  // The next read begins at the cache's own version.
      case metadata_cache::applied::other_cluster:
        complain_once("PostgreSQL holds cluster " + to_string(changes.cluster.cluster_id) +
                      " now, which is not ours: its changes are ignored");
        break;
    }
  }

  /// Everybody who asked before the read began gets its outcome.
  result<> read_once() {
    const std::vector<net::promise<>> served = take_waiting();
    const result<> read = connection.run([this](pqxx::connection& open) -> result<> {
      const result<metadata_changes> changes = statements::read_changes(open, cache.version());
      if (!changes) return fail(changes);
      apply(*changes);
      return {};
    });
    if (read && !connected.exchange(true))
      log_info("db", "following metadata, at version {}", cache.version());
    for (const net::promise<>& waiter : served)
      waiter.set(read ? result<>() : result<>(fail(error_code::unavailable, read.error().message)));
    return read;
  }

  /// Returns when there may be something to read.
  result<> await_hint() {
    const net::deadline poll = net::deadline::in_ms(options.poll_ms);
    while (!stopped && !poll.passed()) {
      int hints = 0;
      int socket = -1;
      // Hints that came with an answer are in libpq's memory already, so ask before waiting.
      result<> asked = connection.run([&](pqxx::connection& open) -> result<> {
        hints = open.get_notifs();
        socket = open.sock();
        return {};
      });
      if (!asked || hints > 0) return asked;
      if (waker.wait(socket, poll.remaining_ms()) == thread_waker::woken_by::call) return {};
    }
    return {};
  }

  /// One connection's life.
  result<> follow() {
    result<> going = connection.run([](pqxx::connection& open) -> result<> {
      pqxx::nontransaction(open).exec("LISTEN marquee_metadata");
      return {};
    });
    while (going && !stopped) {
      going = read_once();
      if (going) going = await_hint();
    }
    return going;
  }

  void run() {
    while (!stopped) {
      if (const result<> followed = follow(); !followed && !stopped) {
        if (connected.exchange(false))
          log_warning("db", "{}; going on with metadata version {}", followed.error().message,
                      cache.version());
        for (const net::promise<>& waiter : take_waiting())
          waiter.set(fail(error_code::unavailable, followed.error().message));
        static_cast<void>(waker.wait(-1, options.reconnect_least_ms));
      }
    }
    for (const net::promise<>& waiter : take_waiting())
      waiter.set(fail(error_code::unavailable, "the process stops"));
  }
};

metadata_follower::metadata_follower(metadata_cache& cache, metadata_follower_options options)
    : state_(std::make_shared<state>(cache, std::move(options))) {}

metadata_follower::~metadata_follower() {
  stop();
}

void metadata_follower::start() {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

void metadata_follower::stop() {
  state_->stopped = true;
  state_->waker.wake();
  state_->watchdog.end_all();
  if (state_->thread.joinable()) state_->thread.join();
}

net::task<result<>> metadata_follower::refresh(net::deadline end) {
  const std::shared_ptr<state> shared = state_;
  const net::promise<> mine;
  net::future<> answer = mine.get_future();
  {
    const std::lock_guard lock(shared->mutex);
    shared->waiting.push_back(mine);
  }
  shared->waker.wake();
  result<> outcome = co_await answer.wait(end);
  if (!outcome && outcome.error().code != error_code::unavailable)
    co_return fail(error_code::unavailable, "PostgreSQL has not answered in time");
  co_return outcome;
}

const net::notifier& metadata_follower::changed() const {
  return state_->changed;
}

bool metadata_follower::connected() const {
  return state_->connected;
}

}  // namespace marquee::db
