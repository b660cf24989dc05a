#include "db/database_connection.h"

#include <algorithm>
#include <exception>
#include <pqxx/except>
#include <pqxx/nontransaction>

#include "base/logging.h"
#include "net/end_foreign_connection.h"

#if __has_feature(address_sanitizer)
/// libpqxx 6.4 loses the result of a statement during which the connection broke: it asks the dead connection
/// for its encoding before it takes the result over. Two kilobytes for each break; nothing here can free
/// them.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:PQmakeEmptyPGresult";
}
#endif

namespace marquee::db {

statement_watchdog::statement_watchdog() : thread_([this] { run(); }) {}

statement_watchdog::~statement_watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::uint64_t statement_watchdog::watch(int socket, net::deadline end) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t id = next_++;
  items_.emplace(id, item{socket, ending_ ? net::deadline::in_ms(0) : end});
  changed_.notify_all();
  return id;
}

void statement_watchdog::release(std::uint64_t watch) {
  const std::lock_guard lock(mutex_);
  items_.erase(watch);
}

void statement_watchdog::end_all() {
  const std::lock_guard lock(mutex_);
  ending_ = true;
  for (auto& [id, watched] : items_) watched.end = net::deadline::in_ms(0);
  changed_.notify_all();
}

void statement_watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    net::deadline nearest = net::deadline::never();
    for (auto& [id, watched] : items_) {
      if (watched.end.passed()) {
        // The descriptor stays open until its owner, who has not released it yet, closes it.
        net::end_foreign_connection(watched.socket);
        watched.end = net::deadline::never();
      }
      nearest = nearest.earlier_of(watched.end);
    }
    if (nearest.is_never())
      changed_.wait(lock);
    else
      changed_.wait_until(lock, nearest.when());
  }
}

namespace {

/// Keeps a watch for the length of one call.
class watch_guard {
 public:
  watch_guard(statement_watchdog& watchdog, int socket, net::deadline end)
      : watchdog_(watchdog), id_(watchdog.watch(socket, end)) {}
  ~watch_guard() { watchdog_.release(id_); }
  watch_guard(const watch_guard&) = delete;
  watch_guard& operator=(const watch_guard&) = delete;

 private:
  statement_watchdog& watchdog_;
  std::uint64_t id_;
};

std::string first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  return escape_for_log(text);
}

/// Classes of SQLSTATE that speak of the connection or of the server as a whole: it shuts down, starts, has
/// no connection left.
bool ends_connection(std::string_view sql_state) {
  return sql_state.empty() || sql_state.starts_with("08") || sql_state.starts_with("57P") ||
         sql_state == "53300";
}

/// The same statement may succeed later: out of disk or memory, cancelled after its time-out, a lost race for
/// a lock.
bool is_passing(std::string_view sql_state) {
  return sql_state.starts_with("53") || sql_state.starts_with("57") || sql_state.starts_with("40") ||
         sql_state.starts_with("55") || sql_state.starts_with("58");
}

constexpr std::string_view read_only_transaction = "25006";
constexpr std::string_view missing_right = "42501";
/// The transaction was ended because we had not gone on with it for too long.
constexpr std::string_view ended_while_idle = "25P03";

}  // namespace

void database_connection::connect() {
  auto made =
      std::make_unique<pqxx::connection>(with_connection_limits(options_.url, options_.connect_timeout_ms));
  // Silent reconnection would lose advisory locks and LISTEN without a trace.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
  made->inhibit_reactivation(true);
#pragma clang diagnostic pop
  const watch_guard guard(watchdog_, made->sock(), net::deadline::in_ms(options_.connect_timeout_ms));
  pqxx::nontransaction setup(*made);
  const std::string limit = std::to_string(options_.statement_timeout_ms);
  setup.exec("SET client_min_messages = warning; SET statement_timeout = " + limit +
             "; SET idle_in_transaction_session_timeout = " + limit +
             "; SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3");
  constexpr int first_with_idle_limit = 140'000;
  if (options_.idle_session_timeout_ms > 0 && made->server_version() >= first_with_idle_limit)
    setup.exec("SET idle_session_timeout = " + std::to_string(options_.idle_session_timeout_ms));
  connection_ = std::move(made);
  ++session_;
}

/// The server lives, and does not do what it was asked.
result<> database_connection::refused(const std::string& sql_state, std::string_view what) {
  const std::string text = first_line(what);
  if (options_.status != nullptr) options_.status->refused();
  if (sql_state == read_only_transaction) {
    // It may have become a standby: the next connection may find the primary.
    connection_.reset();
    return fail(error_code::unavailable, "PostgreSQL is read-only: " + text);
  }
  if (sql_state == missing_right)
    return fail(error_code::unavailable,
                "the user of postgres.url lacks a right that Marquee needs: " + text);
  if (is_passing(sql_state)) return fail(error_code::unavailable, "PostgreSQL refuses for now: " + text);
  if (!std::exchange(complained_, true))
    log_error("db", "PostgreSQL refused a statement ({}): {}", sql_state, text);
  return fail(error_code::internal, "PostgreSQL refused a statement: " + text);
}

result<> database_connection::broken(std::string_view what) {
  connection_.reset();
  wait_ms_ = std::clamp(wait_ms_ * 2, options_.reconnect_least_ms, options_.reconnect_most_ms);
  next_attempt_ = net::deadline::in_ms(wait_ms_);
  last_problem_ = "PostgreSQL cannot be reached: " + first_line(what);
  if (options_.status != nullptr) {
    options_.status->failed(first_line(what));
    recoveries_seen_ = options_.status->recoveries();
  }
  return fail(error_code::unavailable, last_problem_);
}

bool database_connection::must_wait() const {
  if (next_attempt_.passed()) return false;
  return options_.status == nullptr || options_.status->recoveries() == recoveries_seen_;
}

result<> database_connection::ensure_open() {
  constexpr std::int64_t ping_after_idle_ms = 1'000;
  if (connection_ && ping_after_.passed()) {
    // After a restart of the server the first statement would fail for nothing.
    try {
      const watch_guard guard(watchdog_, connection_->sock(),
                              net::deadline::in_ms(options_.connect_timeout_ms));
      pqxx::nontransaction(*connection_).exec("SELECT 1");
    } catch (const std::exception&) {
      connection_.reset();
    }
  }
  ping_after_ = net::deadline::in_ms(ping_after_idle_ms);
  if (connection_) return {};
  if (must_wait()) return fail(error_code::unavailable, last_problem_);
  try {
    connect();
  } catch (const std::exception& problem) {
    return broken(problem.what());
  }
  return {};
}

result<> database_connection::run(const std::function<result<>(pqxx::connection&)>& work, net::deadline end) {
  if (result<> opened = ensure_open(); !opened) return opened;
  const net::deadline limit = net::deadline::in_ms(options_.statement_timeout_ms).earlier_of(end);
  try {
    const watch_guard guard(watchdog_, connection_->sock(), limit);
    result<> done = work(*connection_);
    wait_ms_ = 0;
    complained_ = false;
    if (options_.status != nullptr) options_.status->answered();
    return done;
  } catch (const pqxx::in_doubt_error&) {
    static_cast<void>(broken("the connection was lost while a change was being committed"));
    return fail(
        error_code::timed_out,
        "the connection to PostgreSQL was lost while the change was being committed: it may have been "
        "made");
  } catch (const pqxx::unique_violation& problem) {
    return fail(error_code::already_exists, first_line(problem.what()));
  } catch (const pqxx::sql_error& problem) {
    const std::string& state = problem.sqlstate();
    if (ends_connection(state) || state == ended_while_idle || !connection_->is_open())
      return broken(problem.what());
    return refused(state, problem.what());
  } catch (const std::exception& problem) {
    // What libpqxx says of a connection that ended during a statement is about its own next step.
    return broken(connection_->is_open() ? problem.what()
                                         : "no answer came before the connection was lost or given up");
  }
}

std::string with_connection_limits(const std::string& url, std::int64_t connect_timeout_ms) {
  const bool is_uri = url.starts_with("postgresql://") || url.starts_with("postgres://");
  std::string text = url;
  const auto add = [&](const std::string& name, const std::string& value) {
    if (url.find(name + "=") != std::string::npos) return;
    const char* separator = !is_uri ? " " : text.find('?') == std::string::npos ? "?" : "&";
    text += separator + name + "=" + value;
  };
  // libpq counts whole seconds and takes 1 as 2.
  add("connect_timeout", std::to_string(std::max<std::int64_t>(2, (connect_timeout_ms + 999) / 1000)));
  add("tcp_user_timeout", "5000");
  add("keepalives_idle", "10");
  add("keepalives_interval", "2");
  add("keepalives_count", "3");
  add("application_name", "marquee");
  return text;
}

std::string without_password(std::string_view url) {
  std::string text(url);
  if (const std::size_t at = text.find('@'), scheme = text.find("://");
      at != std::string::npos && scheme != std::string::npos && scheme < at) {
    const std::size_t colon = text.find(':', scheme + 3);
    if (colon != std::string::npos && colon < at) text.replace(colon, at - colon, ":***");
  }
  if (const std::size_t word = text.find("password="); word != std::string::npos) {
    const std::size_t value = word + std::string_view("password=").size();
    text.replace(value, std::min(text.find_first_of(" &", value), text.size()) - value, "***");
  }
  return text;
}

}  // namespace marquee::db
