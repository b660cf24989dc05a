#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <random>

#include "partition_fixture.h"

namespace marquee::broker {
namespace {

using kafka::kafka_error;

/// A Kafka client that obeys the rules: at most five batches in flight, each sent only when all before it
/// are acknowledged or in flight, and repeated unchanged until it is acknowledged.
class obedient_producer {
 public:
  static constexpr std::size_t in_flight_most = 5;

  explicit obedient_producer(std::int64_t id) : id_(id) {}

  void send_next(partition& served, std::mt19937_64& dice) {
    std::size_t at = first_open_;
    while (at < batches_.size() && (batches_[at].acknowledged() || batches_[at].answer)) ++at;
    if (at >= first_open_ + in_flight_most) return;
    if (at == batches_.size()) batches_.push_back({next_sequence_, static_cast<int>(1 + dice() % 3), at});
    if (at + 1 == batches_.size()) next_sequence_ = batches_[at].sequence + batches_[at].count;
    send(served, batches_[at]);
  }

  /// Takes what was answered, in the order of the batches.
  void read_answers() {
    for (batch& one : batches_) {
      if (!one.answer || !one.answer->has_value()) continue;
      const produce_answer answer = std::move(**one.answer);
      one.answer.reset();
      if (answer.error == kafka_error::none) {
        one.offset = answer.batches.at(0).base_offset;
      } else if (answer.error == kafka_error::out_of_order_sequence_number) {
        EXPECT_FALSE(one.was_expected) << "producer " << id_ << ", sequence " << one.sequence
                                       << ": 45 for the next sequence, which ends a librdkafka producer";
      } else {
        EXPECT_TRUE(answer.error == kafka_error::not_leader_or_follower ||
                    answer.error == kafka_error::not_enough_replicas ||
                    answer.error == kafka_error::request_timed_out)
            << static_cast<int>(answer.error);
      }
    }
    while (first_open_ < batches_.size() && batches_[first_open_].acknowledged()) ++first_open_;
  }

  /// The connection breaks: answers that are under way are lost. The broker knows nothing of it.
  void lose_answers() {
    for (batch& one : batches_) one.answer.reset();
  }

  void time_out(partition& served, std::mt19937_64& dice) {
    for (batch& one : batches_)
      if (one.answer && !one.answer->has_value() && dice() % 2 == 0) served.abandon(one.order);
  }

  [[nodiscard]] bool is_done() const { return first_open_ == batches_.size(); }

  /// `stored`: sequence to offset, as the log has it.
  void check(const std::map<std::int64_t, std::int64_t>& stored) const {
    std::int64_t before = -1;
    for (const batch& one : batches_) {
      ASSERT_TRUE(stored.contains(one.sequence)) << "acknowledged, and lost";
      EXPECT_EQ(stored.at(one.sequence), *one.offset);
      EXPECT_GT(*one.offset, before) << "out of order";
      before = *one.offset;
    }
    EXPECT_EQ(stored.size(), batches_.size());
  }
  [[nodiscard]] std::int64_t id() const { return id_; }

 private:
  struct batch {
    std::int32_t sequence = 0;
    int count = 1;
    std::size_t place = 0;
    std::optional<std::int64_t> offset{};
    std::shared_ptr<produce_order> order{};
    std::shared_ptr<std::optional<produce_answer>> answer{};  ///< null: not in flight
    bool was_expected = false;  ///< everything before it was acknowledged when it was sent

    [[nodiscard]] bool acknowledged() const { return offset.has_value(); }
  };

  void send(partition& served, batch& one) {
    kafka::record_batch_builder builder;
    for (int i = 0; i < one.count; ++i)
      builder.add({.timestamp_ms = 1, .key = std::nullopt, .value = as_bytes("v"), .headers = {}});
    incoming_batch incoming;
    incoming.data = shared_bytes::of(builder.finish());
    incoming.item.record_count = one.count;
    incoming.item.producer_id = id_;
    incoming.item.producer_epoch = 0;
    incoming.item.base_sequence = one.sequence;
    one.order = std::make_shared<produce_order>();
    one.order->batches.push_back(std::move(incoming));
    one.answer = std::make_shared<std::optional<produce_answer>>();
    one.was_expected = one.place == first_open_;
    one.order->done = [slot = one.answer](produce_answer answer) { *slot = std::move(answer); };
    served.produce(one.order);
  }

  std::int64_t id_;
  std::int32_t next_sequence_ = 0;
  std::vector<batch> batches_;
  std::size_t first_open_ = 0;
};

/// Two such producers and one partition whose leaders come and go, whose quorum is slow and whose answers are
/// lost. Every sequence is stored once, in order, and no producer is told that its next one is wrong.
class idempotent_storm {
 public:
  explicit idempotent_storm(std::uint64_t seed) : dice_(seed) { replica_.lead(); }

  void run(int steps) {
    for (int step = 0; step < steps; ++step) {
      obedient_producer& one = producers_[roll(2)];
      const std::size_t what = roll(100);
      if (what < 55)
        one.send_next(replica_.served(), dice_);
      else if (what < 82)
        commit();
      else if (what < 90)
        one.time_out(replica_.served(), dice_);
      else if (what < 95)
        one.lose_answers();
      else
        change_leader();
      for (obedient_producer& each : producers_) each.read_answers();
    }
    for (int round = 0; round < 100; ++round)
      for (obedient_producer& one : producers_) {
        if (!one.is_done()) one.send_next(replica_.served(), dice_);
        replica_.commit_all();
        one.read_answers();
      }
  }

  void check() {
    for (const obedient_producer& one : producers_) {
      ASSERT_TRUE(one.is_done()) << "a batch is never acknowledged";
      std::map<std::int64_t, std::int64_t> stored;
      for (const raft::entry& entry : replica_.entries().entries) {
        const auto table = decode_batch_table(entry.head);
        if (entry.record_count == 0 || !table) continue;
        std::int64_t offset = entry.base_offset.value();
        for (const batch_item& item : table->batches) {
          if (item.producer_id == one.id())
            EXPECT_TRUE(stored.emplace(item.base_sequence, offset).second) << "stored twice";
          offset += item.record_count;
        }
      }
      one.check(stored);
    }
  }

 private:
  std::size_t roll(std::size_t sides) { return dice_() % sides; }
  void commit() {
    if (replica_.proposed() > 0) replica_.commit_one();
  }
  void change_leader() {
    replica_.lose_leadership_keeping(roll(3));
    for (obedient_producer& each : producers_) each.read_answers();
    replica_.lead();
  }

  std::mt19937_64 dice_;
  simulated_clock time_;
  fake_replica replica_{time_};
  obedient_producer producers_[2] = {obedient_producer(5), obedient_producer(6)};
};

TEST(idempotent_produce, stores_every_sequence_once_and_never_refuses_the_next_one) {
  const char* chosen = std::getenv("MARQUEE_PRODUCE_SEED");
  const std::uint64_t first = chosen != nullptr ? std::stoull(chosen) : std::random_device{}();
  const int storms = chosen != nullptr ? 1 : 200;
  for (int i = 0; i < storms; ++i) {
    const std::uint64_t seed = first + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("again with MARQUEE_PRODUCE_SEED=" + std::to_string(seed) +
                 " test_broker --gtest_filter=idempotent_produce.*");
    idempotent_storm storm(seed);
    storm.run(300);
    storm.check();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace marquee::broker
