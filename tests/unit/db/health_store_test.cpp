#include <gtest/gtest.h>

#include <algorithm>

#include "db/controller_lock.h"
#include "db/metadata_cache.h"
#include "tests/unit/db/store_fixture.h"

namespace marquee::db {
namespace {

/// What the health check keeps in PostgreSQL: who is evicted, and who was last seen when.
class health_store_test : public store_fixture {
 protected:
  result<registered_broker> register_broker(std::int64_t boot) {
    const broker_registration wanted{.incarnation = incarnation_id(77),
                                     .boot = boot_count(boot),
                                     .host = "127.0.0.1",
                                     .kafka_port = 9092,
                                     .raft_port = 9192,
                                     .http_port = 9644};
    return store_fixture::register_broker(wanted);
  }
};

class eviction_test : public health_store_test {
 protected:
  eviction_test() : known_(register_broker(1)->broker) {
    lock_.start();
    for (const deadline end = deadline::in_ms(patience_ms); !lock_.held() && !end.passed();)
      loop_.spawn_and_wait([]() -> net::task<void> { co_await net::sleep_ms(5); });
  }
  ~eviction_test() override { lock_.stop(); }
  result<broker_row> set_eviction(boot_count boot, bool evicted, const controller_office& office) {
    return ask([&] {
      return store_.set_eviction({known_.id, boot, evicted}, office, deadline::in_ms(patience_ms));
    });
  }
  broker_row known_;
  controller_lock lock_{{.url = url_, .holder = "wm-1"}};
};

TEST_F(eviction_test, broker_is_evicted_once_and_taken_back_once) {
  const controller_office office = *lock_.held();
  const auto evicted = set_eviction(boot_count(1), true, office);
  ASSERT_TRUE(evicted) << evicted.error().message;
  EXPECT_TRUE(evicted->evicted());
  EXPECT_GT(evicted->version, known_.version);
  const auto read = changes(known_.version);
  ASSERT_EQ(read->brokers.size(), 1U);
  EXPECT_EQ(read->brokers[0].evicted_ms, evicted->evicted_ms);
  EXPECT_EQ(set_eviction(boot_count(1), true, office).error().code, error_code::conflict);
  const auto back = set_eviction(boot_count(1), false, office);
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->evicted());
  EXPECT_EQ(set_eviction(boot_count(1), false, office).error().code, error_code::conflict);
}

TEST_F(eviction_test, only_the_newest_office_may_evict) {
  controller_office office = *lock_.held();
  ++office.epoch;
  EXPECT_EQ(set_eviction(boot_count(1), true, office).error().code, error_code::refused);
  office = {lock_.held()->epoch, "wm-2"};
  EXPECT_EQ(set_eviction(boot_count(1), true, office).error().code, error_code::refused);
  EXPECT_TRUE(changes(known_.version)->brokers.empty());
}

TEST_F(eviction_test, broker_that_was_started_again_meanwhile_is_not_evicted_and_stays_so_until_taken_back) {
  ASSERT_TRUE(register_broker(2));
  EXPECT_EQ(set_eviction(boot_count(1), true, *lock_.held()).error().code, error_code::conflict);
  ASSERT_TRUE(set_eviction(boot_count(2), true, *lock_.held()));
  EXPECT_TRUE(register_broker(3)->broker.evicted());
}

class removal_test : public health_store_test {
 protected:
  result<broker_load> remove(broker_id broker) {
    return ask([&] { return store_.remove_broker(broker, deadline::in_ms(patience_ms)); });
  }
};

TEST_F(removal_test, broker_without_replicas_is_removed_once_and_all_managers_hear_of_it) {
  const broker_row known = register_broker(1)->broker;
  const auto removed = remove(known.id);
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(removed->replicas, 0);
  const auto read = changes(known.version);
  ASSERT_EQ(read->brokers.size(), 1U);
  EXPECT_TRUE(read->brokers[0].removed());
  EXPECT_EQ(remove(known.id).error().code, error_code::not_found);
  EXPECT_EQ(remove(broker_id(4711)).error().code, error_code::not_found);
  metadata_cache cache;
  ASSERT_EQ(cache.apply(*changes(0)), metadata_cache::applied::news);
  EXPECT_FALSE(cache.snapshot()->brokers().contains(known.id));
}

TEST_F(removal_test, broker_with_replicas_stays_and_they_are_counted) {
  const broker_row known = register_broker(1)->broker;
  new_topic topic;
  topic.topic_id = uuid::random();
  topic.name = "removal";
  const replica_id here{known.id, known.incarnation};
  topic.partitions = {{partition_id(0), {here}}, {partition_id(1), {here}}};
  ASSERT_TRUE(ask([&] { return store_.create_topic(topic, deadline::in_ms(patience_ms)); }));
  const auto load = remove(known.id);
  ASSERT_TRUE(load) << load.error().message;
  EXPECT_EQ(load->replicas, 2);
  EXPECT_EQ(load->topics, 1);
  EXPECT_FALSE(register_broker(1)->created) << "nothing was changed";
  ASSERT_TRUE(ask([&] { return store_.delete_topic(topic.topic_id, deadline::in_ms(patience_ms)); }));
  EXPECT_EQ(remove(known.id)->replicas, 0) << "those of a deleted topic do not count";
}

TEST_F(removal_test, removed_broker_that_registers_again_is_back_with_its_id) {
  const broker_row known = register_broker(1)->broker;
  ASSERT_TRUE(remove(known.id));
  const auto back = register_broker(2);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_TRUE(back->created);
  EXPECT_EQ(back->broker.id, known.id);
  EXPECT_FALSE(changes(known.version)->brokers.at(0).removed());
}

TEST_F(removal_test, address_of_a_removed_broker_is_free_and_its_id_is_not) {
  const broker_row known = register_broker(1)->broker;
  ASSERT_TRUE(remove(known.id));
  broker_registration other{.incarnation = incarnation_id(78),
                            .boot = boot_count(1),
                            .host = known.host,
                            .kafka_port = known.kafka_port};
  other.raft_port = known.raft_port;
  const auto made = store_fixture::register_broker(other);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(made->created);
  EXPECT_NE(made->broker.id, known.id);
}

TEST_F(health_store_test, activity_keeps_the_newest_time_and_gives_what_was_written_since) {
  const uuid topic = create("activity")->topic_id;
  const auto write = [&](std::vector<activity_item> items) {
    return ask([&] { return store_.write_activity(items, deadline::in_ms(patience_ms)); });
  };
  const auto read = [&](std::int64_t after) {
    activity_rows rows = *ask([&] { return store_.read_activity(after, 100, deadline::in_ms(patience_ms)); });
    std::ranges::sort(rows.items, {}, &activity_item::key);
    return rows;
  };
  const metadata_version before = changes(0)->version;
  const activity_item producer{{activity_kind::producer, 7}, topic, 500};
  const activity_item broker{{activity_kind::broker, 7}, {}, 600};
  ASSERT_TRUE(write({producer, broker}));
  const activity_rows first = read(0);
  EXPECT_EQ(first.items, (std::vector{producer, broker}));
  ASSERT_TRUE(write({{producer.key, topic, 400}}));
  EXPECT_EQ(read(0).items, (std::vector{producer, broker}));
  EXPECT_GE(read(0).written_ms, first.written_ms);
  EXPECT_TRUE(read(read(0).written_ms).items.empty());
  EXPECT_EQ(changes(0)->version, before) << "activity is no metadata";
}

TEST_F(health_store_test, activity_of_a_deleted_client_goes_with_it) {
  const uuid topic = create("activity")->topic_id;
  const std::int64_t number =
      *ask([&] { return store_.register_producer(topic, deadline::in_ms(patience_ms)); });
  const std::vector<activity_item> items = {{{activity_kind::producer, number}, topic, 500},
                                            {{activity_kind::consumer, number}, topic, 500},
                                            {{activity_kind::broker, number}, {}, 500}};
  ASSERT_TRUE(ask([&] { return store_.write_activity(items, deadline::in_ms(patience_ms)); }));
  ASSERT_TRUE(ask([&] { return store_.delete_producer(number, deadline::in_ms(patience_ms)); }));
  const auto left = ask([&] { return store_.read_activity(0, 100, deadline::in_ms(patience_ms)); });
  ASSERT_EQ(left->items.size(), 2U);
  for (const activity_item& item : left->items) EXPECT_NE(item.key.kind, activity_kind::producer);
}

}  // namespace
}  // namespace marquee::db
