#include "write_manager/topic_creator.h"

#include <algorithm>

#include "base/logging.h"
#include "write_manager/placement_policy.h"

namespace marquee::write_manager {

namespace {
/// http-api.md: topics created by registering a producer grow at this size.
constexpr const char* grow_at_messages = "1000000";
}  // namespace

net::task<api_result<db::topic_row>> topic_creator::create(topic_wish wish, net::deadline end) {
  if (!context_.cache.filled())
    co_return std::unexpected(context_.metadata_unavailable("nothing has been read from PostgreSQL yet"));
  auto placed = place_partitions(context_.registry.candidates(*context_.cache.snapshot()), wish.partitions,
                                 wish.replication_factor);
  if (!placed)
    co_return std::unexpected(net::unavailable(
        context_.component, "NOT_ENOUGH_BROKERS",
        placed.error().message + "; start more brokers, or ask for a smaller replication_factor", 2'000));
  const std::string name = wish.name;
  result<db::topic_row> made = co_await context_.store.create_topic({.topic_id = uuid::random(),
                                                                     .name = wish.name,
                                                                     .config = std::move(wish.config),
                                                                     .internal = wish.internal,
                                                                     .partitions = std::move(*placed)},
                                                                    end);
  if (!made && made.error().code == error_code::already_exists)
    co_return std::unexpected(context_.problem(409, "TOPIC_EXISTS", "topic '" + name + "' exists already"));
  if (!made) co_return std::unexpected(context_.from_store(made.error()));
  log_info("write_manager", "created topic {} ({}) with {} partitions, metadata version {}", name,
           to_string(made->topic_id), made->partitions.size(), made->version);
  // The caller's next request to this manager must find it; a failure only means that the follower brings it
  // later.
  static_cast<void>(co_await context_.follower.refresh(end));
  co_return std::move(*made);
}

net::task<api_result<db::topic_pointer>> topic_creator::create_for_producer(std::string name,
                                                                            net::deadline end) {
  const auto live =
      static_cast<std::int64_t>(context_.registry.candidates(*context_.cache.snapshot()).size());
  topic_wish wish{.name = name,
                  .partitions = 1,
                  .replication_factor = static_cast<std::int32_t>(
                      std::max<std::int64_t>(1, std::min(context_.options.default_replication_factor, live))),
                  .config = {{"partition.max.messages", grow_at_messages}}};
  api_result<db::topic_row> made = co_await create(std::move(wish), end);
  if (!made && made.error().code == "TOPIC_EXISTS")
    co_return co_await context_.find_topic(std::move(name), end);
  if (!made) co_return std::unexpected(made.error());
  co_return std::make_shared<const db::topic_row>(std::move(*made));
}

net::task<api_result<db::topic_row>> topic_creator::create_internal(std::string name, std::int32_t partitions,
                                                                    std::int32_t replication_factor) {
  co_return co_await create({.name = std::move(name),
                             .partitions = partitions,
                             .replication_factor = replication_factor,
                             .config = {{"durability", "durable"}},
                             .internal = true},
                            net::deadline::in_ms(context_.options.postgres_timeout_ms));
}

net::task<bool> topic_creator::wait_for_leaders(db::topic_row topic, net::deadline end) {
  constexpr std::int64_t look_every_ms = 10;
  constexpr std::int64_t ask_every_ms = 300;
  net::deadline next_question = net::deadline::in_ms(ask_every_ms);
  for (;;) {
    const bool all = std::ranges::all_of(topic.partitions, [&](const db::partition_row& partition) {
      return context_.brokers.known_leader({topic.topic_id, partition.partition}).has_value();
    });
    if (all) co_return true;
    if (end.passed()) co_return false;
    if (next_question.passed()) {
      // Usually the leader feed brings it; this is for when there is none.
      static_cast<void>(co_await context_.brokers.refresh_topic(topic.name, end));
      next_question = net::deadline::in_ms(ask_every_ms);
    }
    co_await net::sleep_ms(std::min(look_every_ms, std::max<std::int64_t>(1, end.remaining_ms())));
  }
}

}  // namespace marquee::write_manager
