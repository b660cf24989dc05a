#include "db/controller_lock.h"

#include <atomic>
#include <mutex>
#include <pqxx/nontransaction>
#include <pqxx/result>
#include <pqxx/transaction>
#include <thread>

#include "base/logging.h"
#include "db/database_connection.h"
#include "db/thread_waker.h"
#include "net/deadline.h"

namespace marquee::db {

namespace {

/// Means nothing, all write managers must only agree on it.
constexpr const char* lock_number = "4711002";
/// The server counts from its last answer, which is later than the holder's last question: by then the
/// holder's own lease is over.
constexpr std::int64_t release_margin_ms = 500;

}  // namespace

struct controller_lock::state {
  explicit state(controller_lock_options options_)
      : options(std::move(options_)),
        connection({.url = options.url,
                    .connect_timeout_ms = options.connect_timeout_ms,
                    .statement_timeout_ms = options.statement_timeout_ms,
                    .idle_session_timeout_ms = options.lease_ms + release_margin_ms,
                    .status = options.status},
                   watchdog) {}

  controller_lock_options options;
  statement_watchdog watchdog;
  database_connection connection;
  thread_waker waker;
  std::thread thread;
  std::atomic<bool> stopped{false};
  std::atomic<std::int64_t> raise_above{0};

  mutable std::mutex mutex;
  std::int64_t epoch = 0;     ///< 0: not in office
  std::uint64_t session = 0;  ///< of the connection that holds the lock
  net::deadline lease = net::deadline::in_ms(0);

  /// The lease counts from before the question, so that it never outlives the lock by the answer's travel.
  void extend(std::int64_t new_epoch, net::deadline until) {
    const std::lock_guard lock(mutex);
    if (epoch != new_epoch) log_info("db", "this manager is the controller now, epoch {}", new_epoch);
    epoch = new_epoch;
    lease = until;
  }

  void leave(std::string_view why) {
    const std::lock_guard lock(mutex);
    if (epoch != 0) log_warning("db", "no longer the controller (epoch {}): {}", epoch, why);
    epoch = 0;
  }

  [[nodiscard]] std::int64_t current_epoch() const {
    const std::lock_guard lock(mutex);
    return epoch;
  }

  /// Takes the next epoch, above everything that brokers were heard of.
  std::int64_t take_epoch(pqxx::connection& open) const {
    pqxx::work transaction(open);
    const auto taken =
        transaction
            .exec_params1(
                "UPDATE controller SET epoch = greatest(epoch, $2) + 1, holder = $1 RETURNING epoch",
                options.holder, raise_above.load())[0]
            .as<std::int64_t>();
    transaction.commit();
    return taken;
  }

  result<> try_to_get() {
    std::int64_t taken = 0;
    const net::deadline until = net::deadline::in_ms(options.lease_ms);
    result<> tried = connection.run([&](pqxx::connection& open) -> result<> {
      const bool locked = pqxx::nontransaction(open)
                              .exec1(std::string("SELECT pg_try_advisory_lock(") + lock_number + ")")[0]
                              .as<bool>();
      if (!locked) return {};
      session = connection.session();
      taken = take_epoch(open);
      return {};
    });
    if (tried && taken > 0) extend(taken, until);
    return tried;
  }

  result<> keep() {
    std::int64_t now = current_epoch();
    const net::deadline until = net::deadline::in_ms(options.lease_ms);
    result<> kept = connection.run([&](pqxx::connection& open) -> result<> {
      // A connection that was made again on the way has not the lock.
      if (connection.session() != session)
        return fail(error_code::unavailable, "the session that held the lock has ended");
      if (raise_above.load() >= now)
        now = take_epoch(open);
      else
        pqxx::nontransaction(open).exec("SELECT 1");
      return {};
    });
    if (kept) extend(now, until);
    return kept;
  }

  void run() {
    while (!stopped) {
      const bool in_office = current_epoch() != 0;
      // A connection that was closed and made again has lost the lock with its session.
      if (in_office && !connection.open()) {
        leave("the session that held the lock is gone");
        continue;
      }
      if (const result<> done = in_office ? keep() : try_to_get(); !done) {
        leave(done.error().message);
        connection.close();
      }
      static_cast<void>(waker.wait(-1, options.try_every_ms));
    }
    leave("the process stops");
    connection.close();
  }
};

controller_lock::controller_lock(controller_lock_options options)
    : state_(std::make_shared<state>(std::move(options))) {}

controller_lock::~controller_lock() {
  stop();
}

void controller_lock::start() {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

void controller_lock::stop() {
  state_->stopped = true;
  state_->waker.wake();
  state_->watchdog.end_all();
  if (state_->thread.joinable()) state_->thread.join();
}

std::optional<controller_office> controller_lock::held() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->epoch == 0 || state_->lease.passed()) return std::nullopt;
  if (state_->options.status != nullptr && !state_->options.status->check_own()) return std::nullopt;
  return controller_office{state_->epoch, state_->options.holder};
}

void controller_lock::raise_above(std::int64_t known_epoch) {
  std::int64_t seen = state_->raise_above.load();
  while (seen < known_epoch && !state_->raise_above.compare_exchange_weak(seen, known_epoch)) {
  }
  state_->waker.wake();
}

}  // namespace marquee::db
