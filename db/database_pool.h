#pragma once

#include <atomic>
#include <chrono>
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
  /// deadline passes before anything was committed), timed_out (what was asked may have been committed, or
  /// may still be), overloaded, those of database_connection::run and of `work`.
  template <class T>
  [[nodiscard]] net::task<result<T>> run(std::function<result<T>(pqxx::connection&)> work,
                                         net::deadline end) {
    if (const result<> may = admit(end); !may) co_return fail(may);
    const net::promise<T> answer;
    net::future<T> outcome = answer.get_future();
    const auto stage = std::make_shared<call_stage>();
    const auto asked_at = std::chrono::steady_clock::now();
    // The worker gives up a little earlier, so that the caller hears what became of it.
    const net::deadline work_end = before(end);
    const bool queued =
        enqueue({[work = std::move(work), answer, stage, work_end](database_connection& connection) {
                   std::optional<result<T>> value;
                   result<> ran = connection.run(
                       [&](pqxx::connection& open) -> result<> {
                         if (work_end.passed() || !stage->begin())
                           return fail(error_code::unavailable, "PostgreSQL has not answered in time");
                         value.emplace(work(open));
                         return {};
                       },
                       work_end);
                   if (!ran) value.emplace(fail(ran));
                   answer.set(std::move(*value));
                 },
                 work_end});
    if (!queued) co_return fail(error_code::overloaded, "too many calls to PostgreSQL wait already");
    result<T> value = co_await outcome.wait(end);
    note_wait(asked_at);
    if (!value && value.error().code == error_code::cancelled)
      co_return fail(error_code::unavailable, "PostgreSQL has not answered in time");
    if (!value && value.error().code == error_code::timed_out && stage->abandon())
      co_return fail(error_code::unavailable, "PostgreSQL has not answered in time");
    co_return value;
  }

 private:
  /// Either the call begins, or its caller gives it up before.
  class call_stage {
   public:
    [[nodiscard]] bool begin() { return leave(place::begun); }
    [[nodiscard]] bool abandon() { return leave(place::abandoned); }

   private:
    enum class place : std::uint8_t { waiting, begun, abandoned };
    bool leave(place to) {
      place from = place::waiting;
      return place_.compare_exchange_strong(from, to);
    }
    std::atomic<place> place_{place::waiting};
  };
  struct job {
    std::function<void(database_connection&)> work;
    net::deadline end = net::deadline::never();
  };
  [[nodiscard]] bool enqueue(job next);
  /// Looks at `status`. Brings the deadline nearer while the server is known not to answer: whoever comes
  /// then need not wait as long as the first ones. Errors: unavailable (another cluster's database).
  [[nodiscard]] result<> admit(net::deadline& end) const;
  [[nodiscard]] static net::deadline before(net::deadline end);
  void note_wait(std::chrono::steady_clock::time_point asked_at) const;
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
