#include "db/metadata_store.h"

#include <gtest/gtest.h>

#include "db/controller_lock.h"
#include "db/metadata_cache.h"
#include "db/metadata_follower.h"
#include "net/future.h"
#include "tests/unit/db/store_fixture.h"

namespace marquee::db {
namespace {

using metadata_store_test = store_fixture;

broker_registration broker_at(std::uint16_t port) {
  return {.incarnation = incarnation_id(port * 10),
          .boot = boot_count(1),
          .host = "127.0.0.1",
          .kafka_port = port,
          .raft_port = static_cast<std::uint16_t>(port + 100),
          .http_port = static_cast<std::uint16_t>(port + 500)};
}

TEST_F(metadata_store_test, migrating_again_changes_nothing) {
  const auto before = changes(0);
  ASSERT_TRUE(before);
  EXPECT_TRUE(ask([this] { return store_.migrate(deadline::in_ms(patience_ms)); }).has_value());
  const auto after = changes(0);
  ASSERT_TRUE(after);
  EXPECT_EQ(before->cluster.cluster_id, after->cluster.cluster_id);
  EXPECT_EQ(before->cluster.id_key.size(), 32U);
}

TEST_F(metadata_store_test, two_processes_migrate_an_empty_database_at_once) {
  const std::string url = shared_postgres().new_database();
  metadata_store first({.url = url});
  metadata_store second({.url = url});
  net::event_loop other_loop("other");
  net::promise<> done;
  auto other = done.get_future();
  other_loop.spawn(
      [&]() -> net::task<void> { done.set(co_await second.migrate(deadline::in_ms(patience_ms))); });
  EXPECT_TRUE(ask([&] { return first.migrate(deadline::in_ms(patience_ms)); }).has_value());
  EXPECT_TRUE(ask([&] { return other.wait(deadline::in_ms(patience_ms)); }).has_value());
}

TEST_F(metadata_store_test, reads_back_a_topic_with_its_voters) {
  const auto made = create("orders");
  ASSERT_TRUE(made) << made.error().message;
  const auto read = changes(made->version - 1);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->topics.size(), 1U);
  EXPECT_EQ(read->topics[0].topic_id, made->topic_id);
  EXPECT_EQ(read->topics[0].partitions, made->partitions);
  EXPECT_EQ(read->topics[0].config.at("durability"), "relaxed");
  EXPECT_EQ(read->topics[0].partitions[0].voters[0].incarnation, incarnation_id(77));
  EXPECT_TRUE(changes(made->version)->topics.empty());
}

TEST_F(metadata_store_test, refuses_a_name_in_use_and_gives_it_out_again_after_deletion) {
  const auto first = create("orders");
  ASSERT_TRUE(first);
  EXPECT_EQ(create("orders").error().code, error_code::already_exists);
  EXPECT_TRUE(
      ask([&] { return store_.delete_topic(first->topic_id, deadline::in_ms(patience_ms)); }).has_value());
  EXPECT_EQ(
      ask([&] { return store_.delete_topic(first->topic_id, deadline::in_ms(patience_ms)); }).error().code,
      error_code::not_found);
  const auto second = create("orders");
  ASSERT_TRUE(second);
  EXPECT_NE(second->topic_id, first->topic_id);
  const auto all = changes(0);
  ASSERT_EQ(all->topics.size(), 2U);
  EXPECT_TRUE(all->topics[0].deleted());
  EXPECT_FALSE(all->topics[1].deleted());
}

TEST_F(metadata_store_test, merges_topic_configuration) {
  const auto made = create("orders");
  const auto changed = ask([&] {
    return store_.change_topic_config(made->topic_id, {{"durability", ""}, {"retention.ms", "5"}},
                                      deadline::in_ms(patience_ms));
  });
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->config, (std::map<std::string, std::string>{{"retention.ms", "5"}}));
  EXPECT_EQ(changed->partitions, made->partitions);
}

TEST_F(metadata_store_test, same_address_or_identity_gets_the_same_broker_id) {
  const auto first = register_broker(broker_at(9092));
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_TRUE(first->created);
  const auto again = register_broker(broker_at(9092));
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->broker.id, first->broker.id);
  EXPECT_EQ(again->broker.version, first->broker.version);

  broker_registration moved = broker_at(9099);
  moved.incarnation = incarnation_id(90920);
  EXPECT_EQ(register_broker(moved)->broker.id, first->broker.id);
  EXPECT_NE(register_broker(broker_at(9093))->broker.id, first->broker.id);
}

TEST_F(metadata_store_test, empty_disk_at_a_known_address_is_a_new_incarnation_of_that_broker) {
  const auto first = register_broker(broker_at(9092));
  broker_registration fresh = broker_at(9092);
  fresh.incarnation = incarnation_id(5);
  const auto second = register_broker(fresh);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->broker.id, first->broker.id);
  EXPECT_EQ(second->broker.incarnation, incarnation_id(5));
  EXPECT_GT(second->broker.version, first->broker.version);
}

TEST_F(metadata_store_test, refuses_an_older_boot_and_a_foreign_incarnation) {
  broker_registration now = broker_at(9092);
  now.boot = boot_count(7);
  const auto known = register_broker(now);
  broker_registration old = now;
  old.id = known->broker.id;
  old.boot = boot_count(6);
  EXPECT_EQ(register_broker(old).error().code, error_code::conflict);
  broker_registration foreign = now;
  foreign.id = known->broker.id;
  foreign.incarnation = incarnation_id(1);
  EXPECT_EQ(register_broker(foreign).error().code, error_code::conflict);
}

TEST_F(metadata_store_test, broker_keeps_its_id_when_the_database_forgot_it) {
  broker_registration known = broker_at(9092);
  known.id = broker_id(41);
  EXPECT_EQ(register_broker(known)->broker.id, broker_id(41));
  EXPECT_EQ(register_broker(broker_at(9093))->broker.id, broker_id(42));
}

TEST_F(metadata_store_test, the_largest_announced_broker_id_leaves_room_for_others) {
  broker_registration announced = broker_at(9092);
  announced.id = broker_id((1 << 30) - 1);
  announced.incarnation = incarnation_id(0);
  ASSERT_TRUE(register_broker(announced));
  EXPECT_EQ(register_broker(broker_at(9093))->broker.id, broker_id(1));
  EXPECT_EQ(register_broker(broker_at(9094))->broker.id, broker_id(2));
}

TEST_F(metadata_store_test, an_announcement_does_not_move_a_broker_that_registered_itself) {
  broker_registration itself = broker_at(9092);
  itself.incarnation = incarnation_id(77);
  const broker_id id = register_broker(itself)->broker.id;
  broker_registration announced = broker_at(9999);
  announced.id = id;
  announced.incarnation = incarnation_id(0);
  EXPECT_EQ(register_broker(announced).error().code, error_code::conflict);
  announced = broker_at(9092);
  announced.incarnation = incarnation_id(0);
  const auto again = register_broker(announced);
  EXPECT_EQ(again->broker.id, id);
  EXPECT_EQ(again->broker.incarnation, incarnation_id(77));
}

TEST_F(metadata_store_test, never_gives_a_producer_id_twice) {
  const auto topic = create("orders");
  const auto first = ask([&] { return store_.take_producer_ids(10, deadline::in_ms(patience_ms)); });
  const auto producer =
      ask([&] { return store_.register_producer(topic->topic_id, deadline::in_ms(patience_ms)); });
  const auto second = ask([&] { return store_.take_producer_ids(10, deadline::in_ms(patience_ms)); });
  ASSERT_TRUE(first && producer && second);
  EXPECT_EQ(*producer, *first + 10);
  EXPECT_EQ(*second, *producer + 1);
}

TEST_F(metadata_store_test, producer_is_removed_once) {
  const auto topic = create("orders");
  const auto number =
      ask([&] { return store_.register_producer(topic->topic_id, deadline::in_ms(patience_ms)); });
  const auto remove = [&](std::int64_t which) {
    return ask([&] { return store_.delete_producer(which, deadline::in_ms(patience_ms)); });
  };
  EXPECT_EQ(*remove(*number), removal::removed);
  EXPECT_EQ(*remove(*number), removal::already_removed);
  EXPECT_EQ(*remove(*number + 1), removal::unknown);
  EXPECT_EQ(changes(0)->deleted_producers, std::vector{*number});
  EXPECT_EQ(ask([&] { return store_.register_producer(uuid::random(), deadline::in_ms(patience_ms)); })
                .error()
                .code,
            error_code::not_found);
}

TEST_F(metadata_store_test, consumer_row_comes_back) {
  const auto topic = create("orders");
  const auto number = ask([&] {
    return store_.register_consumer({.topic_id = topic->topic_id,
                                     .group = "g",
                                     .from = start_from::latest,
                                     .start_positions = {{0, 12}, {1, 0}}},
                                    deadline::in_ms(patience_ms));
  });
  ASSERT_TRUE(number);
  const auto row = ask([&] { return store_.find_consumer(*number, deadline::in_ms(patience_ms)); });
  ASSERT_TRUE(row);
  EXPECT_EQ(row->group, "g");
  EXPECT_EQ(row->from, start_from::latest);
  EXPECT_EQ(row->start_positions.at(0), 12);
  EXPECT_EQ(*ask([&] { return store_.delete_consumer(*number, deadline::in_ms(patience_ms)); }),
            removal::removed);
  EXPECT_GT(ask([&] { return store_.find_consumer(*number, deadline::in_ms(patience_ms)); })->deleted_ms, 0);
}

TEST_F(metadata_store_test, lists_managers_that_reported) {
  EXPECT_TRUE(ask([&] {
                return store_.report_process(
                    {.name = "wm-1", .role = "write_manager", .http = "http://127.0.0.1:8101"},
                    deadline::in_ms(patience_ms));
              }).has_value());
  const auto processes = ask([&] { return store_.list_processes(deadline::in_ms(patience_ms)); });
  ASSERT_TRUE(processes);
  ASSERT_EQ(processes->size(), 1U);
  EXPECT_EQ(processes->front().name, "wm-1");
  EXPECT_GT(processes->front().last_seen_ms, 0);
}

TEST_F(metadata_store_test, follower_brings_news_and_refresh_sees_what_was_committed_before) {
  metadata_cache cache;
  metadata_follower follower(cache, {.url = url_});
  follower.start();
  ASSERT_TRUE(ask([&] { return follower.refresh(deadline::in_ms(patience_ms)); }).has_value());
  EXPECT_TRUE(cache.filled());
  EXPECT_TRUE(follower.connected());

  const auto seen = follower.changed().generation();
  static_cast<void>(create("orders"));
  EXPECT_EQ(ask([&] { return follower.changed().wait(seen, deadline::in_ms(patience_ms)); }),
            net::wake_reason::woken);
  EXPECT_NE(cache.snapshot()->find_topic("orders"), nullptr);

  static_cast<void>(create("payments"));
  ASSERT_TRUE(ask([&] { return follower.refresh(deadline::in_ms(patience_ms)); }).has_value());
  EXPECT_NE(cache.snapshot()->find_topic("payments"), nullptr);
}

TEST_F(metadata_store_test, one_of_two_managers_is_the_controller_and_the_next_one_has_a_higher_epoch) {
  const auto eventually = [&](const controller_lock& lock) {
    for (int i = 0; i < 4000; ++i) {
      if (const auto office = lock.held()) return *office;
      loop_.spawn_and_wait([]() -> net::task<void> { co_await net::sleep_ms(5); });
    }
    return controller_office{};
  };
  auto first = std::make_unique<controller_lock>(
      controller_lock_options{.url = url_, .holder = "wm-1", .try_every_ms = 20});
  first->start();
  EXPECT_EQ(eventually(*first).epoch, 1);
  controller_lock second({.url = url_, .holder = "wm-2", .try_every_ms = 20});
  second.start();
  first->raise_above(8);
  for (int i = 0; i < 4000 && (!first->held() || first->held()->epoch != 9); ++i)
    loop_.spawn_and_wait([]() -> net::task<void> { co_await net::sleep_ms(5); });
  EXPECT_EQ(first->held()->epoch, 9);
  EXPECT_FALSE(second.held().has_value());
  first->stop();
  EXPECT_FALSE(first->held().has_value());
  EXPECT_EQ(eventually(second).epoch, 10);
  EXPECT_EQ(second.held()->holder, "wm-2");
}

}  // namespace
}  // namespace marquee::db
