#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "db/metadata_store.h"
#include "net/event_loop.h"
#include "tests/unit/db/private_postgres.h"

namespace marquee::db {

using net::deadline;

inline constexpr std::int64_t patience_ms = 20'000;

/// A store over an empty database of its own on the program's shared server.
class store_fixture : public ::testing::Test {
 protected:
  /// Runs one call of the store to its end.
  template <class Make>
  auto ask(Make make) {
    using outcome = typename decltype(make())::value_type;
    std::optional<outcome> value;
    loop_.spawn_and_wait([&]() -> net::task<void> { value.emplace(co_await make()); });
    return std::move(*value);
  }

  store_fixture() : url_(shared_postgres().new_database()), store_({.url = url_}) {
    EXPECT_TRUE(ask([this] { return store_.migrate(deadline::in_ms(patience_ms)); }).has_value());
  }

  result<topic_row> create(const std::string& name) {
    return ask([&] {
      return store_.create_topic({.topic_id = uuid::random(),
                                  .name = name,
                                  .config = {{"durability", "relaxed"}},
                                  .internal = false,
                                  .partitions = {{partition_id(0), {{broker_id(2), incarnation_id(77)}}},
                                                 {partition_id(1), {{broker_id(1), incarnation_id(66)}}}}},
                                 deadline::in_ms(patience_ms));
    });
  }

  result<registered_broker> register_broker(const broker_registration& wanted) {
    return ask([&] { return store_.register_broker(wanted, deadline::in_ms(patience_ms)); });
  }

  result<metadata_changes> changes(metadata_version above) {
    return ask([&] { return store_.read_changes(above, deadline::in_ms(patience_ms)); });
  }

  std::string url_;
  net::event_loop loop_{"test"};
  metadata_store store_;
};

}  // namespace marquee::db
