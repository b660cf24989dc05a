#include "db/activity_log.h"

#include <algorithm>
#include <stop_token>

#include "base/logging.h"
#include "net/event_loop.h"

namespace marquee::db {

namespace {

constexpr std::size_t rows_a_statement = 500;
constexpr std::int64_t statement_timeout_ms = 5'000;
constexpr std::int64_t read_every_ms = 1'000;
constexpr std::int64_t rows_read_most = 100'000;
/// Rows become visible at their commit, which may be later than the time that they carry.
constexpr std::int64_t read_overlap_ms = 15'000;

}  // namespace

struct activity_log::state {
  net::event_loop& loop;
  metadata_store& store;
  const metadata_cache& cache;
  const clock& time;
  activity_table table{};
  std::int64_t write_every_ms = write_every_default_ms;
  std::function<void()> before_write{};
  std::function<void()> after_read{};
  std::int64_t written_seen_ms = 0;  ///< the newest row that was read
  std::int64_t read_not_before_ms = 0;
  bool complained = false;
  std::stop_source stopping{};

  void forget_deleted() {
    const auto metadata = cache.snapshot();
    table.forget_if([&](const activity_item& item) {
      switch (item.key.kind) {
        case activity_kind::broker:
          return false;
        case activity_kind::producer:
          if (cache.producer_deleted(item.key.number)) return true;
          break;
        case activity_kind::consumer:
        case activity_kind::group_member:
          if (cache.consumer_deleted(item.key.number)) return true;
          break;
      }
      const topic_pointer topic = metadata->find_topic(item.topic_id);
      return topic && topic->deleted();
    });
  }

  /// Ends early when PostgreSQL does not take a group.
  static net::task<void> write(std::shared_ptr<state> self) {
    for (;;) {
      const std::vector<activity_item> group = self->table.take_unwritten(rows_a_statement);
      if (group.empty()) break;
      const result<> written =
          co_await self->store.write_activity(group, net::deadline::in_ms(statement_timeout_ms));
      if (!written) {
        self->table.put_back(group);
        if (!std::exchange(self->complained, true))
          log_info("db", "activity cannot be written, it is kept in memory: {}", written.error().message);
        co_return;
      }
    }
    self->complained = false;
  }

  static net::task<void> run(std::shared_ptr<state> self) {
    while (!self->stopping.stop_requested()) {
      co_await net::sleep_ms(self->write_every_ms);
      if (self->stopping.stop_requested()) break;
      if (self->before_write) self->before_write();
      self->forget_deleted();
      co_await write(self);
      if (!self->after_read) continue;
      co_await read(self, net::deadline::in_ms(statement_timeout_ms));
      if (!self->stopping.stop_requested()) self->after_read();
    }
  }

  static net::task<void> read(std::shared_ptr<state> self, net::deadline end) {
    const result<activity_rows> read = co_await self->store.read_activity(
        std::max<std::int64_t>(0, self->written_seen_ms - read_overlap_ms), rows_read_most, end);
    if (!read) co_return;
    for (const activity_item& item : read->items) self->table.merge(item);
    self->written_seen_ms = std::max(self->written_seen_ms, read->written_ms);
  }
};

activity_log::activity_log(net::event_loop& loop, metadata_store& store, const metadata_cache& cache,
                           const clock& time)
    : state_(std::make_shared<state>(loop, store, cache, time)) {}

activity_log::~activity_log() {
  stop();
}

void activity_log::start(std::int64_t write_every_ms, std::function<void()> before_write,
                         std::function<void()> after_read) {
  state_->write_every_ms = write_every_ms;
  state_->before_write = std::move(before_write);
  state_->after_read = std::move(after_read);
  state_->loop.spawn([state = state_] { return state::run(state); });
}

void activity_log::stop() {
  state_->stopping.request_stop();
}

void activity_log::note(const client_identity& client) {
  state_->table.note(
      {{activity_kind_of(client.kind), client.number}, client.topic_id, state_->time.wall_ms()});
}

void activity_log::note_broker(broker_id broker, std::int64_t last_seen_ms) {
  state_->table.note({{activity_kind::broker, broker.value()}, {}, last_seen_ms});
}

net::task<void> activity_log::refresh(net::deadline end) {
  const std::shared_ptr<state> self = state_;
  if (self->time.monotonic_ms() < self->read_not_before_ms) co_return;
  self->read_not_before_ms = self->time.monotonic_ms() + read_every_ms;
  co_await state::read(self, end);
}

std::optional<std::int64_t> activity_log::last_seen_of_broker_ms(broker_id broker) const {
  return state_->table.last_seen_ms({activity_kind::broker, broker.value()});
}

activity_table& activity_log::table() {
  state_->forget_deleted();
  return state_->table;
}

}  // namespace marquee::db
