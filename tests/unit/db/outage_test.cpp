#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <pqxx/connection>
#include <pqxx/nontransaction>

#include "db/controller_lock.h"
#include "db/database_connection.h"
#include "db/database_status.h"
#include "db/metadata_cache.h"
#include "db/metadata_follower.h"
#include "tests/unit/db/store_fixture.h"

namespace marquee::db {
namespace {

using outage_test = store_fixture;

TEST_F(outage_test, a_lock_session_that_ended_unnoticed_is_no_office_any_more) {
  // Slow enough that the connection is tested before it is used again, and then silently made anew.
  controller_lock lock({.url = url_, .holder = "wm-1", .try_every_ms = 1'100});
  lock.start();
  const auto wait_for_epoch = [&](std::int64_t epoch) {
    for (int i = 0; i < 4000 && (!lock.held() || lock.held()->epoch != epoch); ++i)
      loop_.spawn_and_wait([]() -> net::task<void> { co_await net::sleep_ms(5); });
    return lock.held() ? lock.held()->epoch : 0;
  };
  ASSERT_EQ(wait_for_epoch(1), 1);
  pqxx::connection other(url_);
  pqxx::nontransaction(other).exec(
      "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> "
      "pg_backend_pid() "
      "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
  EXPECT_EQ(wait_for_epoch(2), 2);
}

TEST_F(outage_test, the_server_ends_a_lock_session_that_it_does_not_hear) {
  statement_watchdog watchdog;
  database_connection silent({.url = url_, .idle_session_timeout_ms = 100}, watchdog);
  const auto take = [&] {
    bool taken = false;
    EXPECT_TRUE(silent
                    .run([&](pqxx::connection& open) -> result<> {
                      taken =
                          pqxx::nontransaction(open).exec1("SELECT pg_try_advisory_lock(77)")[0].as<bool>();
                      return {};
                    })
                    .has_value());
    return taken;
  };
  ASSERT_TRUE(take());
  pqxx::connection next(url_);
  bool taken = false;
  for (const deadline end = deadline::in_ms(patience_ms); !taken && !end.passed();)
    taken = pqxx::nontransaction(next).exec1("SELECT pg_try_advisory_lock(77)")[0].as<bool>();
  EXPECT_TRUE(taken);
}

TEST_F(outage_test, a_read_only_database_refuses_changes_and_serves_processes_that_start) {
  pqxx::connection other(url_);
  pqxx::nontransaction(other).exec(
      "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET "
      "default_transaction_read_only = on'; END $$");
  metadata_store late({.url = url_});
  EXPECT_TRUE(ask([&] { return late.migrate(deadline::in_ms(patience_ms)); }).has_value());
  EXPECT_TRUE(ask([&] { return late.read_changes(0, deadline::in_ms(patience_ms)); }).has_value());
  const auto refused = ask([&] { return late.take_producer_ids(1, deadline::in_ms(patience_ms)); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::unavailable);
  EXPECT_NE(refused.error().message.find("read-only"), std::string::npos);
}

TEST_F(outage_test, an_older_state_is_raised_above_everything_that_was_given_out) {
  const auto kept = create("kept");
  metadata_cache cache;
  metadata_follower follower(cache, {.url = url_, .poll_ms = 20});
  follower.start();
  const std::string backup =
      "CREATE TABLE backup AS SELECT version, (SELECT next FROM producer_ids) AS next, "
      "(SELECT count(*) FROM consumers) AS consumers FROM metadata_version";
  pqxx::connection other(url_);
  pqxx::nontransaction(other).exec(backup);
  const auto lost = create("lost");
  const auto id = ask([&] { return store_.take_producer_ids(1, deadline::in_ms(patience_ms)); });
  ASSERT_TRUE(kept && lost && id);
  ASSERT_TRUE(ask([&] { return follower.refresh(deadline::in_ms(patience_ms)); }).has_value());
  ASSERT_NE(cache.snapshot()->find_topic("lost"), nullptr);
  const metadata_version known = cache.version();

  pqxx::nontransaction(other).exec(
      "BEGIN; DELETE FROM partitions WHERE topic_id IN (SELECT topic_id FROM topics WHERE name = 'lost'); "
      "DELETE FROM topics WHERE name = 'lost'; UPDATE metadata_version SET version = backup.version FROM "
      "backup; "
      "UPDATE producer_ids SET next = backup.next FROM backup; COMMIT");
  for (const deadline end = deadline::in_ms(patience_ms); cache.version() == known && !end.passed();)
    static_cast<void>(ask([&] { return follower.refresh(deadline::in_ms(patience_ms)); }));
  EXPECT_GT(cache.version(), known);
  EXPECT_EQ(cache.snapshot()->find_topic("lost"), nullptr);
  EXPECT_NE(cache.snapshot()->find_topic("kept"), nullptr);
  EXPECT_EQ(cache.snapshot()->complete_above(), cache.version());
  EXPECT_GT(*ask([&] { return store_.take_producer_ids(1, deadline::in_ms(patience_ms)); }), *id);
  // Only the first one that notices raises it.
  const metadata_version raised = cache.version();
  EXPECT_EQ(ask([&] { return store_.read_changes(0, deadline::in_ms(patience_ms)); })->version, raised);
}

TEST_F(outage_test, another_clusters_database_is_neither_read_nor_written) {
  database_status status;
  metadata_cache cache;
  metadata_changes ours;
  ours.version = 1;
  ours.cluster.cluster_id.octets.fill(9);
  static_cast<void>(cache.apply(ours));
  metadata_follower follower(cache, {.url = url_, .status = &status});
  follower.start();
  const auto refreshed = ask([&] { return follower.refresh(deadline::in_ms(patience_ms)); });
  ASSERT_FALSE(refreshed);
  EXPECT_NE(refreshed.error().message.find("holds cluster"), std::string::npos);
  metadata_store store({.url = url_, .status = &status});
  const auto refused = ask([&] { return store.take_producer_ids(1, deadline::in_ms(patience_ms)); });
  EXPECT_EQ(refused.error().code, error_code::unavailable);
  EXPECT_EQ(cache.version(), 1);
}

TEST_F(outage_test, a_manager_begins_with_the_copy_of_the_last_one) {
  std::string pattern = (std::filesystem::temp_directory_path() / "marquee-follower-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  const std::string file = (folder / "copy").string();
  static_cast<void>(create("orders"));
  {
    metadata_cache cache;
    metadata_follower follower(cache, {.url = url_, .copy_file = file});
    follower.start();
    ASSERT_TRUE(ask([&] { return follower.refresh(deadline::in_ms(patience_ms)); }).has_value());
    for (const deadline end = deadline::in_ms(patience_ms); !std::filesystem::exists(file) && !end.passed();)
      loop_.spawn_and_wait([]() -> net::task<void> { co_await net::sleep_ms(5); });
  }
  metadata_cache cache;
  metadata_follower follower(cache, {.url = "postgresql://127.0.0.1:1/none", .copy_file = file});
  follower.load_copy();
  EXPECT_NE(cache.snapshot()->find_topic("orders"), nullptr);
  EXPECT_NE(cache.ids(), nullptr);
  std::filesystem::remove_all(folder);
}

/// Its own server, because the others go on using theirs.
TEST(metadata_store_outage, calls_fail_quickly_and_everything_recovers_by_itself) {
  private_postgres server;
  const std::string url = server.new_database();
  metadata_store store({.url = url, .statement_timeout_ms = 500});
  net::event_loop loop("test");
  metadata_cache cache;
  metadata_follower follower(cache, {.url = url, .statement_timeout_ms = 500, .poll_ms = 50});
  const auto refresh = [&](std::int64_t within_ms) {
    result<> outcome;
    loop.spawn_and_wait(
        [&]() -> net::task<void> { outcome = co_await follower.refresh(deadline::in_ms(within_ms)); });
    return outcome;
  };
  const auto take_ids = [&](std::int64_t within_ms) {
    result<std::int64_t> outcome = 0;
    loop.spawn_and_wait([&]() -> net::task<void> {
      outcome = co_await store.take_producer_ids(1, deadline::in_ms(within_ms));
    });
    return outcome;
  };
  const auto recovers = [&] {
    for (const deadline end = deadline::in_ms(patience_ms); !end.passed();)
      if (take_ids(2'000) && refresh(2'000)) return true;
    return false;
  };
  loop.spawn_and_wait([&]() -> net::task<void> {
    EXPECT_TRUE((co_await store.migrate(deadline::in_ms(patience_ms))).has_value());
  });
  follower.start();
  ASSERT_TRUE(recovers());
  const metadata_version known = cache.version();

  server.freeze();
  const auto frozen_at = std::chrono::steady_clock::now();
  EXPECT_EQ(take_ids(300).error().code, error_code::unavailable);
  EXPECT_EQ(refresh(300).error().code, error_code::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - frozen_at, std::chrono::seconds(5));
  server.thaw();
  EXPECT_TRUE(recovers());

  server.stop();
  EXPECT_EQ(take_ids(5'000).error().code, error_code::unavailable);
  EXPECT_EQ(refresh(5'000).error().code, error_code::unavailable);
  EXPECT_EQ(cache.version(), known);
  server.start();
  EXPECT_TRUE(recovers());
}

TEST(metadata_store_outage, nobody_listening_is_unavailable_at_once) {
  metadata_store unreachable({.url = "postgresql://127.0.0.1:1/none"});
  net::event_loop loop("test");
  result<std::int64_t> outcome = 0;
  loop.spawn_and_wait([&]() -> net::task<void> {
    outcome = co_await unreachable.take_producer_ids(1, deadline::in_ms(5'000));
  });
  EXPECT_EQ(outcome.error().code, error_code::unavailable);
}

}  // namespace
}  // namespace marquee::db
