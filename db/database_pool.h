#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "db/database_connection.h"
#include "net/future.h"

/// Only .cpp files of db/ include this: it brings libpqxx in.
namespace marquee::db {

/// A few threads with a connection each, and a bounded queue in front of them: libpqxx blocks, so it runs
/// here (DESIGN D19). A call whose deadline passed while it waited is never started. Thread-safe.
class database_pool {
 public:
  database_pool(database_connection_options options, std::int64_t threads, std::int64_t queue_limit);
  /// Ends statements under way; what waits fails with `unavailable`.
  ~database_pool();
  database_pool(const database_pool&) = delete;
  database_pool& operator=(const database_pool&) = delete;

  /// Runs `work` (which may throw as pqxx does) on one of the threads. Errors: unavailable (also when the
  /// deadline passes), overloaded, those of database_connection::run and of `work`.
  template <class T>
  [[nodiscard]] net::task<result<T>> run(std::function<result<T>(pqxx::connection&)> work,
                                         net::deadline end) {
    net::promise<T> answer;
    net::future<T> outcome = answer.get_future();
    const bool queued = enqueue({[work = std::move(work), answer, end](database_connection& connection) {
                                   std::optional<result<T>> value;
                                   result<> ran = connection.run(
                                       [&](pqxx::connection& open) -> result<> {
                                         value.emplace(work(open));
                                         return {};
                                       },
                                       end);
                                   if (!ran) value.emplace(fail(ran));
                                   answer.set(std::move(*value));
                                 },
                                 end});
    if (!queued) co_return fail(error_code::overloaded, "too many calls to PostgreSQL wait already");
    result<T> value = co_await outcome.wait(end);
    if (!value &&
        (value.error().code == error_code::timed_out || value.error().code == error_code::cancelled))
      co_return fail(error_code::unavailable, "PostgreSQL has not answered in time");
    co_return value;
  }

 private:
  struct job {
    std::function<void(database_connection&)> work;
    net::deadline end = net::deadline::never();
  };
  [[nodiscard]] bool enqueue(job next);
  void work();

  database_connection_options options_;
  std::size_t queue_limit_;
  statement_watchdog watchdog_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<job> queue_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace marquee::db
