#include "db/metadata_follower.h"

#include <atomic>
#include <pqxx/nontransaction>
#include <thread>
#include <vector>

#include "base/logging.h"
#include "db/database_connection.h"
#include "db/database_status.h"
#include "db/metadata_cache.h"
#include "db/metadata_copy.h"
#include "db/statements.h"
#include "db/thread_waker.h"
#include "net/future.h"

namespace marquee::db {

struct metadata_follower::state {
  state(metadata_cache& cache_, metadata_follower_options options_)
      : cache(cache_),
        options(std::move(options_)),
        copy(options.copy_file),
        connection({.url = options.url,
                    .connect_timeout_ms = options.connect_timeout_ms,
                    .statement_timeout_ms = options.statement_timeout_ms,
                    .reconnect_least_ms = options.reconnect_least_ms,
                    .reconnect_most_ms = options.reconnect_most_ms,
                    .status = options.status},
                   watchdog) {}

  metadata_cache& cache;
  metadata_follower_options options;
  net::notifier changed;
  std::atomic<bool> connected{false};
  std::atomic<bool> stopped{false};
  std::atomic<bool> started{false};
  bool complained = false;
  metadata_copy copy;
  metadata_version copied = 0;
  net::deadline next_copy = net::deadline::in_ms(0);

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

  /// `changes` as the cache takes them; what it cannot build on is read again.
  result<> apply(pqxx::connection& open, const metadata_changes& changes) {
    const metadata_cache::applied outcome = cache.apply(changes);
    if (outcome != metadata_cache::applied::other_cluster) own_cluster();
    switch (outcome) {
      case metadata_cache::applied::news:
        changed.wake_all();
        return {};
      case metadata_cache::applied::nothing_new:
      case metadata_cache::applied::gap:
        return {};  // After a gap the next read begins at the cache's own version.
      case metadata_cache::applied::older:
        return note_restored(open, changes.version);
      case metadata_cache::applied::other_history:
        return read_all(open);
      case metadata_cache::applied::other_cluster:
        return foreign_cluster(changes.cluster.cluster_id);
    }
    return {};
  }

  void own_cluster() const {
    if (options.status != nullptr) options.status->set_foreign({});
  }

  result<> foreign_cluster(const uuid& theirs) {
    const std::string text = "PostgreSQL at postgres.url holds cluster " + to_string(theirs) + ", not " +
                             to_string(cache.snapshot()->cluster_id()) +
                             ": nothing is read from it or written to it";
    if (options.status != nullptr) options.status->set_foreign(text);
    complain_once(text + (copy.path().empty()
                              ? std::string()
                              : "; if this manager is to change clusters, remove " + copy.path()));
    return fail(error_code::unavailable, text);
  }

  /// The database has forgotten what others were told. It is raised above that before anything else happens,
  /// so that no version, producer id or consumer id ever means two things.
  result<> note_restored(pqxx::connection& open, metadata_version found) {
    const metadata_version known = cache.version();
    const result<metadata_version> raised = statements::note_restored(open, known);
    if (!raised) return fail(raised);
    log_error("db",
              "PostgreSQL was at metadata version {}, and {} had been read: an older state was restored. "
              "Version {} begins with what it holds; brokers keep the replicas of topics that it lacks",
              found, known, *raised);
    return read_all(open);
  }

  result<> read_all(pqxx::connection& open) {
    const result<metadata_changes> everything = statements::read_changes(open, 0);
    if (!everything) return fail(everything);
    const auto before = cache.snapshot();
    if (cache.apply(*everything) != metadata_cache::applied::news) return {};
    for (const auto& [name, topic] : before->topics())
      if (!cache.snapshot()->find_topic(topic->topic_id))
        log_error("db", "topic {} ({}) is missing in the restored metadata", name,
                  to_string(topic->topic_id));
    changed.wake_all();
    return {};
  }

  [[nodiscard]] bool copy_is_behind() const { return !copy.path().empty() && cache.version() > copied; }

  void keep_copy() {
    if (!copy_is_behind() || !next_copy.passed()) return;
    next_copy = net::deadline::in_ms(options.copy_every_ms);
    const metadata_changes everything = cache.all();
    if (const result<> saved = copy.save(everything); saved)
      copied = everything.version;
    else
      complain_once("the copy of the metadata was not written: " + saved.error().message);
  }

  /// Everybody who asked before the read began gets its outcome.
  result<> read_once() {
    const std::vector<net::promise<>> served = take_waiting();
    const result<> read = connection.run([this](pqxx::connection& open) -> result<> {
      const result<metadata_changes> changes = statements::read_changes(open, cache.version());
      if (!changes) return fail(changes);
      return apply(open, *changes);
    });
    if (read && !connected.exchange(true))
      log_info("db", "following metadata, at version {}", cache.version());
    for (const net::promise<>& waiter : served)
      waiter.set(read ? result<>() : result<>(fail(error_code::unavailable, read.error().message)));
    if (read) keep_copy();
    return read;
  }

  /// Returns when there may be something to read.
  result<> await_hint() {
    const net::deadline poll = copy_is_behind() ? next_copy : net::deadline::in_ms(options.poll_ms);
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
        // A server that answers and cannot be followed (another cluster's, no right to read) is asked rarely.
        static_cast<void>(
            waker.wait(-1, connection.open() ? options.reconnect_most_ms : options.reconnect_least_ms));
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

void metadata_follower::load_copy() {
  const result<metadata_changes> copy = state_->copy.load();
  if (copy) {
    static_cast<void>(state_->cache.apply(*copy));
    state_->copied = copy->version;
    log_info("db", "begins with the copy of the metadata in {}, version {}", state_->copy.path(),
             copy->version);
  } else if (copy.error().code != error_code::not_found) {
    log_warning("db", "the copy of the metadata is not used: {}", copy.error().message);
  }
}

void metadata_follower::start() {
  state_->started = true;
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
  if (!shared->started)
    co_return fail(error_code::unavailable, "PostgreSQL has not answered since this process started");
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
