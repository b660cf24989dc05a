#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <set>

#include "partition_fixture.h"

namespace marquee::broker {
namespace {

using kafka::kafka_error;
using copy = kafka::marquee_batch_result::copy;
/// A producer's sequence.
using identity = std::pair<std::int64_t, std::int64_t>;

struct message {
  identity who;
  std::string value;
};

/// A request as some manager sent it, and where its answer will be.
struct request {
  std::vector<message> messages;
  std::shared_ptr<produce_order> order;
  std::shared_ptr<std::optional<produce_answer>> answer;
};

/// Producers that number their messages send them through several managers to one partition: again, cut
/// otherwise, late, out of turn and now and then with another message under an old number, while leaders come
/// and go and time-outs strike. The model is one sentence: a sequence holds one message, the one that its
/// record holds, and every answer agrees with the log.
class produce_storm {
 public:
  explicit produce_storm(std::uint64_t seed) : dice_(seed), replica_(std::make_unique<fake_replica>(time_)) {
    replica_->lead();
  }

  void run(int steps) {
    for (int step = 0; step < steps; ++step) {
      time_.advance_ms(roll(3));
      const int what = roll(100);
      if (what < 50)
        send();
      else if (what < 85)
        commit();
      else if (what < 90)
        abandon();
      else if (what < 96)
        change_leader();
      else
        restart();
    }
    replica_->commit_all();
  }

  void check() {
    read_log();
    for (const request& one : requests_) {
      ASSERT_TRUE(one.answer->has_value()) << "a request was never answered";
      check_answer(one);
    }
    for (const auto& [who, place] : stored_)
      EXPECT_TRUE(possible_.contains({who, place.second}))
          << "producer " << who.first << ", sequence " << who.second << ": nobody sent what is stored";
  }

 private:
  static constexpr int producers = 3;
  static constexpr int sequences = 40;

  int roll(int sides) { return static_cast<int>(dice_() % static_cast<std::uint64_t>(sides)); }

  void send() {
    request sent;
    const std::int64_t producer = roll(producers);
    const int first = roll(sequences);
    const int last = first + roll(8);
    const bool wrong = roll(12) == 0;  // a client that uses its numbers again for something else
    for (std::int64_t sequence = first; sequence <= last; ++sequence) {
      if (sequence != first && roll(6) == 0) continue;  // that one belongs to another partition
      std::string value = std::to_string(producer) + ":" + std::to_string(sequence);
      if (wrong && roll(2) == 0) value += "!";
      sent.messages.push_back({{producer, sequence}, std::move(value)});
    }
    sent.order = std::make_shared<produce_order>();
    sent.order->batches.push_back(batch_of(sent.messages));
    sent.answer = std::make_shared<std::optional<produce_answer>>();
    sent.order->done = [slot = sent.answer](produce_answer answer) {
      ASSERT_FALSE(slot->has_value()) << "answered twice";
      *slot = std::move(answer);
    };
    requests_.push_back(sent);
    replica_->served().produce(sent.order);
  }

  /// The same messages always give the same bytes but for the time, and the same hash.
  incoming_batch batch_of(const std::vector<message>& messages) {
    kafka::record_batch_builder builder;
    incoming_batch batch;
    batch.item.producer_id = messages.front().who.first;
    std::string run_text;
    for (const message& one : messages) {
      builder.add({.timestamp_ms = time_.wall_ms(),
                   .key = std::nullopt,
                   .value = as_bytes(one.value),
                   .headers = {}});
      auto& runs = batch.item.runs;
      if (runs.empty() || runs.back().sequence + runs.back().count != one.who.second) {
        runs.push_back({one.who.second, 0, 0});
        run_text.clear();
      }
      ++runs.back().count;
      run_text += one.value + "\n";
      runs.back().hash = static_cast<std::int64_t>(std::hash<std::string>{}(run_text) | 1);
    }
    batch.data = shared_bytes::of(builder.finish());
    batch.item.record_count = static_cast<std::int32_t>(messages.size());
    batch.item.max_timestamp_ms = time_.wall_ms();
    return batch;
  }

  void commit() {
    if (replica_->proposed() > 0) replica_->commit_one();
  }

  void abandon() {
    if (requests_.empty()) return;
    const request& one =
        requests_[requests_.size() - 1 -
                  static_cast<std::size_t>(roll(std::min<int>(5, static_cast<int>(requests_.size()))))];
    if (!one.answer->has_value()) replica_->served().abandon(one.order);
  }

  void change_leader() {
    replica_->lose_leadership_keeping(static_cast<std::size_t>(roll(3)));
    replica_->lead();
  }

  void restart() {
    replica_->lose_leadership_keeping(static_cast<std::size_t>(roll(3)));
    auto next = std::make_unique<fake_replica>(time_);
    next->entries().entries = replica_->entries().entries;
    raft::state_block block;
    block.application_state = replica_->served().make_state();
    ASSERT_TRUE(next->served().restore(block));
    retired_.push_back(std::exchange(replica_, std::move(next)));
    replica_->lead();
  }

  void read_log() {
    for (const raft::entry& entry : replica_->entries().entries) {
      if (entry.record_count == 0) continue;
      std::int64_t offset = entry.base_offset.value();
      const shared_bytes all = byte_chain_of(entry);
      for (std::size_t at = 0; at < all.size();) {
        const auto header = kafka::read_batch_header(all.view().subspan(at));
        kafka::record_cursor cursor(all.view().subspan(at, header->total_size()));
        kafka::record_view record;
        while (cursor.next(record)) note_stored(offset++, std::string(as_text(*record.value)));
        at += header->total_size();
      }
    }
  }

  static shared_bytes byte_chain_of(const raft::entry& entry) {
    bytes all;
    for (const shared_bytes& part : entry.payload)
      all.insert(all.end(), part.view().begin(), part.view().end());
    return shared_bytes::of(std::move(all));
  }

  void note_stored(std::int64_t offset, const std::string& value) {
    const std::size_t colon = value.find(':');
    const identity who{std::stoll(value.substr(0, colon)), std::stoll(value.substr(colon + 1))};
    EXPECT_TRUE(stored_.emplace(who, std::pair(offset, value)).second) << value << " is stored twice";
  }

  void check_answer(const request& one) {
    const produce_answer& answer = **one.answer;
    const kafka::marquee_batch_result& batch = answer.batches.at(0);
    const bool failed = batch.error != kafka_error::none;
    const bool reused = batch.error == kafka_error::duplicate_sequence_number;
    for (std::size_t i = 0; i < one.messages.size(); ++i) {
      const message& sent = one.messages[i];
      const bool maybe = !failed || answer.outcome == produce_outcome::unknown;
      const auto found = stored_.find(sent.who);
      std::int64_t offset = batch.base_offset + static_cast<std::int64_t>(i);
      if (batch.kind == copy::mixed) offset = batch.offsets.at(i);
      if (reused || (!failed && offset == duplicate_verdict::reused)) {
        ASSERT_NE(found, stored_.end()) << sent.value << " was called reused, but is not stored at all";
        EXPECT_NE(found->second.second, sent.value) << "a retry was called another message";
      } else if (!failed) {
        ASSERT_NE(found, stored_.end()) << sent.value << " was acknowledged and is lost";
        EXPECT_EQ(found->second, std::pair(offset, sent.value));
        if (batch.kind == copy::stored) EXPECT_TRUE(new_.insert(sent.who).second) << "new twice";
      }
      if (maybe) possible_.insert({sent.who, sent.value});
    }
  }

  std::mt19937_64 dice_;
  simulated_clock time_;
  std::unique_ptr<fake_replica> replica_;
  std::vector<std::unique_ptr<fake_replica>> retired_;  ///< orders refer to the intakes of old leaders
  std::vector<request> requests_;
  std::map<identity, std::pair<std::int64_t, std::string>> stored_;  ///< offset and value
  std::set<std::pair<identity, std::string>> possible_;              ///< what an answer allows to be stored
  std::set<identity> new_;
};

TEST(sequenced_produce, stores_every_sequence_once_whatever_happens) {
  const char* chosen = std::getenv("MARQUEE_PRODUCE_SEED");
  const std::uint64_t first = chosen != nullptr ? std::stoull(chosen) : std::random_device{}();
  const int storms = chosen != nullptr ? 1 : 120;
  for (int i = 0; i < storms; ++i) {
    const std::uint64_t seed = first + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("again with MARQUEE_PRODUCE_SEED=" + std::to_string(seed) +
                 " test_broker --gtest_filter=sequenced_produce.*");
    produce_storm storm(seed);
    storm.run(250);
    storm.check();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace marquee::broker
