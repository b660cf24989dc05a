#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <pqxx/connection>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.h"
#include "db/database_status.h"
#include "net/deadline.h"

/// Only .cpp files of db/ include this: it brings libpqxx in.
namespace marquee::db {

/// Ends statements that take too long. libpq waits without limit for a server that is frozen, so this thread
/// shuts the connection's socket down at its deadline, which makes the waiting call fail. Thread-safe.
class statement_watchdog {
 public:
  statement_watchdog();
  ~statement_watchdog();
  statement_watchdog(const statement_watchdog&) = delete;
  statement_watchdog& operator=(const statement_watchdog&) = delete;

  /// Watches a connection's socket until `release`.
  [[nodiscard]] std::uint64_t watch(int socket, net::deadline end);
  void release(std::uint64_t watch);
  /// Everything watched now and later is ended at once: the process stops.
  void end_all();

 private:
  struct item {
    int socket;
    net::deadline end;
  };
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, item> items_;
  std::uint64_t next_ = 1;
  bool ending_ = false;
  bool stopped_ = false;
  std::thread thread_;
};

struct database_connection_options {
  std::string url;
  std::int64_t connect_timeout_ms = 2'000;
  std::int64_t statement_timeout_ms = 5'000;
  std::int64_t reconnect_least_ms = 100;
  std::int64_t reconnect_most_ms = 3'000;
  /// The server ends the session when it has not heard from us for so long (PostgreSQL 14 and later; older
  /// ones end it when the network says that we are gone). 0: never.
  std::int64_t idle_session_timeout_ms = 0;
  /// Told how the server does; may be null.
  database_status* status = nullptr;
};

/// One connection that is made when it is needed and made again after it broke; while the server is away,
/// attempts are spaced out and calls in between fail at once, until another connection got through. The
/// server is told not to wait for us: a transaction of a process that was stopped or cut off in the middle of
/// it ends, and its locks with it. Belongs to one thread.
class database_connection {
 public:
  database_connection(database_connection_options options, statement_watchdog& watchdog)
      : options_(std::move(options)), watchdog_(watchdog) {}

  /// Runs `work`, which may throw as pqxx does, within the statement time-out and before `end`. Errors:
  /// unavailable (no connection, it broke, or the server refuses for now; nothing was committed), timed_out
  /// (the answer to a commit was lost: it may have happened), already_exists (a unique index refused), those
  /// of `work`, internal.
  [[nodiscard]] result<> run(const std::function<result<>(pqxx::connection&)>& work,
                             net::deadline end = net::deadline::never());
  [[nodiscard]] bool open() const { return connection_ != nullptr; }
  /// Counts connections: what belongs to a session (locks, LISTEN) is gone when this has changed.
  [[nodiscard]] std::uint64_t session() const { return session_; }
  void close() { connection_.reset(); }

 private:
  [[nodiscard]] result<> ensure_open();
  [[nodiscard]] result<> broken(std::string_view what);
  [[nodiscard]] result<> refused(const std::string& sql_state, std::string_view what);
  void connect();
  [[nodiscard]] bool must_wait() const;

  database_connection_options options_;
  statement_watchdog& watchdog_;
  std::unique_ptr<pqxx::connection> connection_;
  std::uint64_t session_ = 0;
  net::deadline next_attempt_ = net::deadline::in_ms(0);
  std::int64_t wait_ms_ = 0;
  std::uint64_t recoveries_seen_ = 0;  ///< when the next attempt was put off
  net::deadline ping_after_ = net::deadline::never();
  std::string last_problem_;
  bool complained_ = false;
};

/// Adds time limits to libpq's connection text or URL, unless it has them.
[[nodiscard]] std::string with_connection_limits(const std::string& url, std::int64_t connect_timeout_ms);
/// The connection text without its password, for logs.
[[nodiscard]] std::string without_password(std::string_view url);

}  // namespace marquee::db
