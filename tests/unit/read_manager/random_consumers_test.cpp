// One consumer with a random life over three managers, against a model of what it may see: messages may come
// again, but none is ever skipped.

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/random.h"
#include "test_manager.h"

namespace marquee::read_manager {
namespace {

using nlohmann::json;

constexpr int partition_count = 3;

/// What a load balancer and managers that are broken in a certain way would do.
enum class planted : std::uint8_t { nothing, lost_answers_are_not_reported, lost_polls_are_not_repeated };

/// A consumer's life, from a seed. `violation` is the first thing that must not be.
class random_life {
 public:
  random_life(std::uint64_t seed, planted fault) : random_(seed), fault_(fault) {
    id_ = managers_[0]->consumer_id(1);
    cluster_.register_consumer(id_, {{0, 0}, {1, 0}, {2, 0}});
  }

  std::string violation;

  void run(int steps) {
    for (int step = 0; step < steps && violation.empty(); ++step) take_step();
    for (int rounds = 0; rounds < 200 && violation.empty() && expected_ != ends_; ++rounds) consume(false);
    if (violation.empty() && expected_ != ends_) violation = "the end of the logs was not reached";
  }

 private:
  test_manager& any() { return *managers_[random_.below(managers_.size())]; }

  void take_step() {
    const std::uint64_t dice = random_.below(100);
    if (dice < 20)
      append();
    else if (dice < 65)
      consume(true);
    else if (dice < 75)
      commit();
    else if (dice < 80)
      seek();
    else if (dice < 90)
      take_over();
    else
      EXPECT_EQ(any().tell("/internal/release?consumer_id=" + id_), 200);  // as a restart forgets it
  }

  /// Another manager claims the consumer, and the old owner hears of it.
  void take_over() {
    const std::string old_owner = cluster_.consumer(id_).owner;
    cluster_.claim_for(id_, any().address());
    for (const auto& manager : managers_)
      if (manager->address() == old_owner)
        EXPECT_EQ(manager->tell("/internal/release?consumer_id=" + id_), 200);
  }

  void append() {
    const auto partition = static_cast<int>(random_.below(partition_count));
    std::vector<std::string> values;
    for (std::uint64_t i = random_.below(6); i > 0; --i)
      values.push_back(std::to_string(partition) + "/" + std::to_string(ends_[partition]++));
    if (!values.empty()) cluster_.append(partition, values);
  }

  void consume(bool may_be_lost) {
    json more = {{"max", 1 + random_.below(8)}, {"commit", random_.chance(1, 3) ? "manual" : "auto"}};
    const bool lost = may_be_lost && random_.chance(1, 3);
    if (poll_lost_ || random_.chance(1, 2)) return consume_numbered(more, lost);
    const std::string attempt = "attempt-" + std::to_string(++attempts_);
    const reply got = any().consume_as(attempt, id_, more);
    if (!lost || got.status != 200) return take(got);
    if (fault_ != planted::lost_answers_are_not_reported) EXPECT_EQ(any().say_undelivered(id_, attempt), 200);
  }

  /// A number whose answer was lost comes again until an answer is there.
  void consume_numbered(json more, bool lost) {
    if (!poll_lost_ || fault_ == planted::lost_polls_are_not_repeated) ++poll_;
    more["poll"] = poll_;
    const reply got = any().consume(id_, more);
    poll_lost_ = lost || got.status != 200;
    if (!lost) take(got);
  }

  void take(const reply& got) {
    if (got.status != 200) {
      if (!got.body.is_object() || got.body.value("retriable", false) != true)
        violation = "status " + std::to_string(got.status) + ": " + got.body.dump();
      return;
    }
    for (const json& message : got.body["messages"]) {
      const int partition = message["partition"];
      const std::int64_t offset = message["offset"];
      const std::string name = std::to_string(partition) + "/" + std::to_string(offset);
      if (message["message"] != name) violation = name + " has the value " + message["message"].dump();
      if (offset > expected_[partition])
        violation = name + " came when " + std::to_string(expected_[partition]) + " was next";
      if (offset < lowest_[partition])
        violation = name + " came after seeking to " + std::to_string(lowest_[partition]);
      expected_[partition] = std::max(expected_[partition], offset + 1);
    }
  }

  /// Of what has been received; somewhere in the middle of it, too.
  void commit() {
    const auto partition = static_cast<int>(random_.below(partition_count));
    const std::int64_t low = lowest_[partition];
    const json positions = {
        {{"partition", partition}, {"offset", random_.between(low, expected_[partition])}}};
    const reply got =
        any().call("POST", "/consumer/commit", {{"consumer_id", id_}, {"positions", positions}});
    if (got.status != 200) violation = "commit: " + got.body.dump();
  }

  void seek() {
    json positions = json::array();
    for (int partition = 0; partition < partition_count; ++partition) {
      expected_[partition] = lowest_[partition] = random_.between(0, ends_[partition]);
      positions.push_back({{"partition", partition}, {"offset", expected_[partition]}});
    }
    const reply got = any().call("POST", "/consumer/seek", {{"consumer_id", id_}, {"positions", positions}});
    if (got.status != 200) violation = "seek: " + got.body.dump();
    poll_lost_ = false;  // its answer was from elsewhere: nobody wants it again
    ++poll_;
  }

  random_source random_;
  const planted fault_;
  fake_cluster cluster_{partition_count};
  std::vector<std::unique_ptr<test_manager>> managers_ = make_managers();
  std::string id_;
  std::map<int, std::int64_t> ends_{{0, 0}, {1, 0}, {2, 0}};
  std::map<int, std::int64_t> expected_{{0, 0}, {1, 0}, {2, 0}};  ///< what was not received yet begins here
  std::map<int, std::int64_t> lowest_{{0, 0}, {1, 0}, {2, 0}};    ///< nothing below comes since the last seek
  std::int64_t poll_ = 0;
  bool poll_lost_ = false;
  int attempts_ = 0;

  std::vector<std::unique_ptr<test_manager>> make_managers() {
    std::vector<std::unique_ptr<test_manager>> made;
    for (const char* name : {"rm-1", "rm-2", "rm-3"})
      made.push_back(std::make_unique<test_manager>(cluster_, name));
    return made;
  }
};

std::string violation_of(std::uint64_t seed, planted fault) {
  random_life life(seed, fault);
  life.run(150);
  return life.violation;
}

TEST(random_consumers, never_skip_a_message) {
  const char* chosen = std::getenv("MARQUEE_SEED");
  const std::uint64_t first = chosen != nullptr ? std::strtoull(chosen, nullptr, 10) : 1;
  const std::uint64_t count = chosen != nullptr ? 1 : 12;
  for (std::uint64_t seed = first; seed < first + count; ++seed)
    EXPECT_EQ(violation_of(seed, planted::nothing), "")
        << "again: MARQUEE_SEED=" << seed << " test_read_manager --gtest_filter=random_consumers.never*";
}

/// What would be found if the managers did not hear of lost answers, or clients did not repeat their polls.
TEST(random_consumers, the_model_sees_what_is_skipped) {
  for (const planted fault : {planted::lost_answers_are_not_reported, planted::lost_polls_are_not_repeated}) {
    bool found = false;
    for (std::uint64_t seed = 1; seed <= 5 && !found; ++seed)
      found = violation_of(seed, fault).find("was next") != std::string::npos;
    EXPECT_TRUE(found);
  }
}

}  // namespace
}  // namespace marquee::read_manager
