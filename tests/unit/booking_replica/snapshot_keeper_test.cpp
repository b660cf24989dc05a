#include "booking_app/replica/snapshot_keeper.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/simulated_file_system.h"
#include "tests/unit/booking_replica/command_log.h"

namespace marquee::booking {
namespace {

/// A follower and a keeper over a simulated disk.
struct kept_replica {
  simulated_file_system files{};
  simulated_clock time{};
  fault_switches faults{};
  metrics_registry metrics{};
  command_log log{};
  follower follows{{}, {.replica = "r1"}, time, faults, [](const outgoing_vote&) {}};

  void apply(int count) {
    const auto first = static_cast<std::int64_t>(log.all().size());
    for (int i = 0; i < count; ++i) log.add_tick();
    follows.take(log.from(first), 0);
  }
  [[nodiscard]] snapshot_store open() { return std::move(*snapshot_store::open("state", files)); }
  [[nodiscard]] std::int64_t loaded() {
    const auto found = open().load();
    return found ? found->next_offset() : -1;
  }
  [[nodiscard]] std::uint64_t taken() {
    return metrics.counter("marquee_booking_replica_snapshots_total", "").value();
  }
};

TEST(snapshot_keeper, takes_one_at_its_end) {
  kept_replica all;
  {
    const snapshot_keeper keeper(all.open(), all.follows, 0, 100, all.metrics);
    all.apply(3);
  }
  EXPECT_EQ(all.loaded(), 3);
}

TEST(snapshot_keeper, takes_none_at_its_end_if_nothing_was_applied_since) {
  kept_replica all;
  {
    const snapshot_keeper keeper(all.open(), all.follows, 0, 100, all.metrics);
  }
  EXPECT_EQ(all.loaded(), -1);
}

TEST(snapshot_keeper, takes_one_when_it_is_due_or_asked_for) {
  for (const bool asked : {false, true}) {
    kept_replica all;
    {
      snapshot_keeper keeper(all.open(), all.follows, 0, 5, all.metrics);
      all.apply(4);
      keeper.note(4);
      EXPECT_EQ(all.taken(), 0U);
      if (asked) {
        keeper.request();
      } else {
        all.apply(1);
        keeper.note(5);
      }
      while (all.taken() == 0) std::this_thread::yield();
    }
    EXPECT_EQ(all.loaded(), asked ? 4 : 5);
  }
}

TEST(snapshot_keeper, keeps_the_older_one_when_the_disk_is_full) {
  kept_replica all;
  {
    const snapshot_keeper keeper(all.open(), all.follows, 0, 100, all.metrics);
    all.apply(1);
  }
  all.files.set_capacity(1);
  {
    const snapshot_keeper keeper(all.open(), all.follows, 1, 100, all.metrics);
    all.apply(1);
  }
  EXPECT_EQ(all.metrics.counter("marquee_booking_replica_snapshot_failures_total", "").value(), 1U);
  EXPECT_EQ(all.loaded(), 1);
}

}  // namespace
}  // namespace marquee::booking
