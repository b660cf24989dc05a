#include "db/opaque_id.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace marquee::db {
namespace {

const opaque_id_codec codec(bytes(32, 7));

client_identity some_producer() {
  return {client_kind::producer, 123'456'789, *uuid::parse("6f1c1a2e-3b4d-4c5e-8f90-a1b2c3d4e5f6")};
}

TEST(opaque_id, gives_back_what_was_encoded) {
  for (const client_kind kind : {client_kind::producer, client_kind::consumer, client_kind::group_member})
    for (const std::int64_t number : {std::int64_t{0}, std::int64_t{35}, std::int64_t{36}, INT64_MAX}) {
      const client_identity identity{kind, number, some_producer().topic_id};
      EXPECT_EQ(codec.decode(codec.encode(identity)), identity);
    }
}

TEST(opaque_id, stays_within_64_harmless_characters) {
  client_identity largest = some_producer();
  largest.number = INT64_MAX;
  const std::string text = codec.encode(largest);
  EXPECT_LE(text.size(), 64U);
  EXPECT_TRUE(std::ranges::all_of(text, [](char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
  })) << text;
}

TEST(opaque_id, refuses_every_single_changed_character) {
  const std::string text = codec.encode(some_producer());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(codec.decode(changed).has_value()) << changed;
  }
}

TEST(opaque_id, refuses_ids_of_another_clusters_key) {
  EXPECT_FALSE(opaque_id_codec(bytes(32, 8)).decode(codec.encode(some_producer())).has_value());
}

TEST(opaque_id, refuses_garbage_of_any_length) {
  for (std::size_t size = 0; size < 100; ++size)
    EXPECT_FALSE(codec.decode(std::string(size, '.')).has_value());
  EXPECT_FALSE(codec.decode(codec.encode(some_producer()) + "x").has_value());
}

}  // namespace
}  // namespace marquee::db
