#include "broker/identity_store.h"

#include <gtest/gtest.h>

#include <set>

#include "../base/temporary_folder.h"
#include "broker/producer_id_reserve.h"

namespace marquee::broker {
namespace {

const broker_identity known = {*uuid::parse("aaaaaaaa-0000-4000-8000-000000000001"),
                               {broker_id(3), incarnation_id(99)}};

TEST(identity_store, a_new_directory_has_none) {
  const temporary_folder folder;
  const auto loaded = identity_store(system_file_system(), folder.path()).load();
  ASSERT_TRUE(loaded);
  EXPECT_FALSE(*loaded);
}

TEST(identity_store, is_given_once) {
  const temporary_folder folder;
  identity_store store(system_file_system(), folder.path());
  ASSERT_TRUE(store.save(known));
  const auto loaded = store.load();
  ASSERT_TRUE(loaded);
  EXPECT_EQ(**loaded, known);
  EXPECT_FALSE(store.save(known));
}

TEST(identity_store, refuses_what_it_cannot_read) {
  const temporary_folder folder;
  for (const char* bad : {"", "format_version 1\n", "garbage", "format_version 9\ncluster_id x\n"}) {
    ASSERT_TRUE(replace_file(system_file_system(), folder.at("identity"), as_bytes(bad)));
    EXPECT_FALSE(identity_store(system_file_system(), folder.path()).load()) << bad;
  }
}

TEST(identity_store, counts_the_starts) {
  const temporary_folder folder;
  for (int boot = 1; boot <= 3; ++boot) {
    const auto counted = identity_store(system_file_system(), folder.path()).count_boot();
    ASSERT_TRUE(counted);
    EXPECT_EQ(counted->value(), boot);
  }
}

TEST(identity_store, asks_with_the_same_incarnation_after_a_crash) {
  const temporary_folder folder;
  const auto first = identity_store(system_file_system(), folder.path()).wanted_incarnation();
  const auto again = identity_store(system_file_system(), folder.path()).wanted_incarnation();
  ASSERT_TRUE(first && again);
  EXPECT_EQ(*first, *again);
  EXPECT_GT(first->value(), 0);
}

TEST(producer_id_reserve, never_hands_out_an_id_twice) {
  const temporary_folder folder;
  std::set<std::int64_t> seen;
  for (int life = 0; life < 3; ++life) {
    producer_id_reserve reserve(system_file_system(), folder.at("producer-ids"));
    ASSERT_TRUE(reserve.load());
    ASSERT_TRUE(reserve.add({1000 + life * 1000, 1000}));
    for (int i = 0; i < 250; ++i) {
      const auto id = reserve.take();
      ASSERT_TRUE(id);
      EXPECT_TRUE(seen.insert(*id).second) << *id;
    }
  }
}

TEST(producer_id_reserve, says_when_it_is_empty) {
  const temporary_folder folder;
  producer_id_reserve reserve(system_file_system(), folder.at("producer-ids"));
  ASSERT_TRUE(reserve.add({7, 2}));
  EXPECT_EQ(*reserve.take(), 7);
  EXPECT_EQ(*reserve.take(), 8);
  EXPECT_EQ(reserve.take().error().code, error_code::unavailable);
}

}  // namespace
}  // namespace marquee::broker
