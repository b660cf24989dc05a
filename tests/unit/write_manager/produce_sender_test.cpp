#include "write_manager/produce_sender.h"

#include <gtest/gtest.h>

#include "net/event_loop.h"
#include "net/future.h"
#include "tests/unit/write_manager/fake_brokers.h"

namespace marquee::write_manager {
namespace {

using kafka::kafka_error;
using outcome_kind = kafka::marquee_produce_result::outcome_kind;

class produce_sender_test : public ::testing::Test {
 protected:
  produce_sender_test()
      : produce_sender_test(produce_batcher_options{.requests_in_flight = 1, .slow_after_ms = 20'000}) {}
  explicit produce_sender_test(produce_batcher_options options)
      : batcher_(loop_, brokers_, options, metrics_) {}

  static produce_item item(std::int32_t partition, std::int64_t sequence, std::size_t messages = 1) {
    produce_request request;
    request.messages.resize(messages, {.value = "x"});
    db::topic_row topic;
    topic.name = "orders";
    topic.partitions = {{partition_id(0), {}}};
    const produce_plan plan = make_produce_plan(
        request, topic, {.producer_id = 5, .sequence = sequence, .next_turn = {}, .take_sequences = {}}, {},
        1000);
    return {.topic = "orders",
            .partition = {{}, partition_id(partition)},
            .routing_epoch = 3,
            .batches = plan.partitions[0].batches};
  }

  item_outcome store(produce_item what, std::int64_t within_ms = 20'000) {
    item_outcome outcome;
    loop_.spawn_and_wait([&]() -> net::task<void> {
      outcome = co_await sender_.store(std::move(what), net::deadline::in_ms(within_ms));
    });
    return outcome;
  }

  net::future<item_outcome> begin(produce_item what) {
    const net::promise<item_outcome> answer;
    auto coming = answer.get_future();
    loop_.spawn([this, answer, what = std::move(what)]() mutable -> net::task<void> {
      answer.set(co_await sender_.store(std::move(what), net::deadline::in_ms(20'000)));
    });
    return coming;
  }

  item_outcome end(net::future<item_outcome>& coming) {
    item_outcome outcome;
    loop_.spawn_and_wait([&]() -> net::task<void> { outcome = *co_await coming.wait(); });
    return outcome;
  }

  void on_loop(std::function<void()> work) { loop_.run_and_wait(std::move(work)); }

  metrics_registry metrics_;
  fake_brokers brokers_;
  net::event_loop loop_{"test"};
  produce_batcher batcher_;
  produce_sender sender_{brokers_, batcher_, metrics_};
};

TEST_F(produce_sender_test, gives_each_message_its_offset) {
  brokers_.answer = [](broker_id, const kafka::produce_request& request) {
    return fake_brokers::outcome{fake_brokers::stored(request, 40), kafka::delivery::maybe_sent};
  };
  const item_outcome outcome = store(item(0, 0, 3));
  ASSERT_EQ(outcome.batches.size(), 1U);
  ASSERT_EQ(outcome.batches[0].messages.size(), 3U);
  EXPECT_EQ(outcome.batches[0].messages[2].offset, 42);
  EXPECT_FALSE(outcome.batches[0].messages[2].duplicate);
  EXPECT_EQ(outcome.timings.fsync_us, 7);
  EXPECT_EQ(brokers_.requests[0].acks, -1);
  EXPECT_EQ(brokers_.requests[0].topics[0].partitions[0].marquee->routing_epoch, 3);
}

TEST_F(produce_sender_test, requests_that_come_while_one_is_under_way_share_the_next) {
  brokers_.held = true;
  std::vector<net::future<item_outcome>> coming;
  for (std::int64_t i = 0; i < 5; ++i) coming.push_back(begin(item(static_cast<std::int32_t>(i % 2), i)));
  on_loop([] {});
  on_loop([&] { brokers_.release(); });
  std::multiset<std::int64_t> offsets;
  for (auto& each : coming) offsets.insert(end(each).batches[0].messages[0].offset);
  ASSERT_EQ(brokers_.requests.size(), 2U);
  EXPECT_EQ(brokers_.requests[0].topics[0].partitions.size(), 1U);
  ASSERT_EQ(brokers_.requests[1].topics[0].partitions.size(), 2U);
  EXPECT_EQ(brokers_.requests[1].topics[0].partitions[0].marquee->batches.size() +
                brokers_.requests[1].topics[0].partitions[1].marquee->batches.size(),
            4U);
  // The second batch of a partition in one request got the answer that was meant for it.
  EXPECT_EQ(offsets, (std::multiset<std::int64_t>{0, 0, 0, 100, 100}));
}

class several_requests : public produce_sender_test {
 protected:
  static constexpr std::int64_t never_ms = 3'600'000;

  explicit several_requests(std::int64_t alone_at_most_ms = never_ms)
      : produce_sender_test({.requests_in_flight = 3,
                             .joining_bytes = 1000,
                             .alone_at_most_ms = alone_at_most_ms,
                             .slow_after_ms = never_ms}) {
    brokers_.held = true;
  }
  void begin_one(std::int64_t sequence, std::size_t messages) {
    coming_.push_back(begin(item(0, sequence, messages)));
    on_loop([] {});
  }
  void end_all() {
    on_loop([&] { brokers_.release(); });
    for (auto& each : coming_) EXPECT_FALSE(end(each).batches[0].messages[0].problem.has_value());
  }
  std::vector<net::future<item_outcome>> coming_;
};

TEST_F(several_requests, are_under_way_when_there_is_much_to_send) {
  begin_one(0, 1);
  for (std::int64_t i = 1; i < 4; ++i) begin_one(100 * i, 1);
  EXPECT_EQ(brokers_.requests.size(), 1U);
  begin_one(1000, 200);
  EXPECT_EQ(brokers_.requests.size(), 2U);
  begin_one(2000, 200);
  begin_one(3000, 200);
  EXPECT_EQ(brokers_.requests.size(), 3U);
  end_all();
  EXPECT_EQ(brokers_.requests.size(), 4U);
}

class several_slow_requests : public several_requests {
 protected:
  several_slow_requests() : several_requests(1) {}
};

TEST_F(several_slow_requests, are_under_way_when_the_first_takes_long) {
  begin_one(0, 1);
  begin_one(1, 1);
  const net::deadline patience = net::deadline::in_ms(20'000);
  std::size_t sent = 0;
  while (sent < 2 && !patience.passed()) on_loop([&] { sent = brokers_.requests.size(); });
  EXPECT_EQ(sent, 2U);
  end_all();
}

TEST_F(produce_sender_test, goes_to_the_leader_that_the_old_one_names_with_the_same_sequence) {
  brokers_.answer = [](broker_id broker, const kafka::produce_request& request) {
    if (broker == broker_id(2))
      return fake_brokers::outcome{fake_brokers::stored(request, 8), kafka::delivery::maybe_sent};
    auto refused =
        fake_brokers::refused(request, kafka_error::not_leader_or_follower, outcome_kind::definite);
    refused.topics[0].partitions[0].current_leader = kafka::leader_hint{2, 9};
    return fake_brokers::outcome{std::move(refused), kafka::delivery::maybe_sent};
  };
  const item_outcome outcome = store(item(0, 77));
  EXPECT_EQ(outcome.batches[0].messages[0].offset, 8);
  EXPECT_EQ(outcome.batches[0].broker, broker_id(2));
  ASSERT_EQ(brokers_.requests.size(), 2U);
  EXPECT_EQ(brokers_.requests[0].topics[0].partitions[0].marquee->batches,
            brokers_.requests[1].topics[0].partitions[0].marquee->batches);
}

TEST_F(produce_sender_test, repeats_after_a_lost_connection_and_marks_what_may_be_its_own_duplicate) {
  int calls = 0;
  brokers_.answer = [&](broker_id, const kafka::produce_request& request) {
    if (++calls == 1)
      return fake_brokers::outcome{fail(error_code::unavailable, "connection reset"),
                                   kafka::delivery::maybe_sent};
    auto answer = fake_brokers::stored(request, 3);
    answer.topics[0].partitions[0].marquee->batches[0].kind = kafka::marquee_batch_result::copy::duplicate;
    return fake_brokers::outcome{std::move(answer), kafka::delivery::maybe_sent};
  };
  const item_outcome outcome = store(item(0, 1));
  EXPECT_EQ(outcome.batches[0].messages[0].offset, 3);
  EXPECT_TRUE(outcome.batches[0].messages[0].duplicate);
  EXPECT_TRUE(outcome.batches[0].messages[0].perhaps_own);
  EXPECT_EQ(brokers_.not_leader_notes, 1);
}

TEST_F(produce_sender_test, tells_the_clients_duplicates) {
  brokers_.answer = [](broker_id, const kafka::produce_request& request) {
    auto answer = fake_brokers::stored(request, 50);
    auto& batch = answer.topics[0].partitions[0].marquee->batches[0];
    batch.kind = kafka::marquee_batch_result::copy::mixed;
    batch.offsets = {7, 50, -1, -2};
    batch.timestamps_ms = {900, -1, -1, -1};
    return fake_brokers::outcome{std::move(answer), kafka::delivery::maybe_sent};
  };
  const auto messages = store(item(0, 1, 4)).batches[0].messages;
  EXPECT_TRUE(messages[0].duplicate);
  EXPECT_FALSE(messages[0].perhaps_own);
  EXPECT_EQ(messages[0].offset, 7);
  EXPECT_EQ(messages[0].stored_timestamp_ms, 900);
  EXPECT_FALSE(messages[1].duplicate);
  EXPECT_EQ(messages[2].problem->code, "SEQUENCE_REUSED");
  EXPECT_EQ(messages[3].problem->code, "SEQUENCE_TOO_OLD");
  EXPECT_TRUE(messages[3].problem->outcome_unknown);
}

TEST_F(produce_sender_test, does_not_repeat_what_cannot_succeed) {
  for (const auto& [error, code, status] :
       {std::tuple{kafka_error::duplicate_sequence_number, "SEQUENCE_REUSED", 422},
        std::tuple{kafka_error::out_of_order_sequence_number, "SEQUENCE_TOO_OLD", 409},
        std::tuple{kafka_error::message_too_large, "MESSAGE_TOO_LARGE", 413}}) {
    brokers_.requests.clear();
    brokers_.answer = [error = error](broker_id, const kafka::produce_request& request) {
      return fake_brokers::outcome{fake_brokers::refused(request, error, outcome_kind::definite),
                                   kafka::delivery::maybe_sent};
    };
    const item_outcome outcome = store(item(0, 1));
    EXPECT_EQ(outcome.batches[0].messages[0].problem->code, code);
    EXPECT_EQ(outcome.batches[0].messages[0].problem->status, status);
    EXPECT_EQ(brokers_.requests.size(), 1U);
  }
}

TEST_F(produce_sender_test, without_quorum_it_says_whether_the_message_may_still_be_stored) {
  for (const outcome_kind kind : {outcome_kind::definite, outcome_kind::unknown}) {
    brokers_.answer = [kind](broker_id, const kafka::produce_request& request) {
      return fake_brokers::outcome{fake_brokers::refused(request, kafka_error::not_enough_replicas, kind),
                                   kafka::delivery::maybe_sent};
    };
    const item_outcome outcome = store(item(0, 1), 60);
    const auto& problem = *outcome.batches[0].messages[0].problem;
    EXPECT_EQ(problem.code, "NOT_ENOUGH_REPLICAS");
    EXPECT_EQ(problem.status, 503);
    EXPECT_TRUE(problem.retriable);
    EXPECT_EQ(problem.outcome_unknown, kind == outcome_kind::unknown);
  }
}

TEST_F(produce_sender_test, silent_broker_means_unknown_at_the_deadline) {
  brokers_.held = true;
  const item_outcome outcome = store(item(0, 1), 60);
  EXPECT_TRUE(outcome.batches[0].messages[0].problem->outcome_unknown);
  on_loop([&] { brokers_.release(); });
}

class slow_partition : public produce_sender_test {
 protected:
  slow_partition() : produce_sender_test({.requests_in_flight = 1, .slow_after_ms = 20}) {}
};

TEST_F(slow_partition, holds_up_nobody_who_comes_after_it) {
  brokers_.held_partition = 0;
  auto slow = begin(item(0, 1));
  on_loop([] {});
  auto more_of_it = begin(item(0, 2));
  for (std::int64_t i = 0; i < 3; ++i)
    EXPECT_FALSE(store(item(1, i)).batches[0].messages[0].problem.has_value());
  // Of the slow partition one request is under way besides the first; others wait for it, not before it.
  auto even_more = begin(item(0, 3));
  on_loop([] {});
  EXPECT_EQ(brokers_.requests.size(), 5U);
  on_loop([&] {
    brokers_.held_partition = -1;
    brokers_.release();
  });
  for (auto* each : {&slow, &more_of_it, &even_more})
    EXPECT_FALSE(end(*each).batches[0].messages[0].problem.has_value());
  EXPECT_FALSE(store(item(0, 4)).batches[0].messages[0].problem.has_value());
}

TEST_F(produce_sender_test, request_for_several_partitions_does_not_wait_long_for_the_slowest) {
  brokers_.held = true;
  std::vector<net::future<item_outcome>> coming;
  for (std::int64_t i = 0; i < 3; ++i) coming.push_back(begin(item(static_cast<std::int32_t>(i), i)));
  on_loop([] {});
  on_loop([&] { brokers_.release(); });
  for (auto& each : coming) end(each);
  EXPECT_GT(brokers_.requests[0].timeout_ms, 10'000);
  EXPECT_EQ(brokers_.requests[1].topics[0].partitions.size(), 2U);
  EXPECT_EQ(brokers_.requests[1].timeout_ms, 1'000);
}

TEST_F(produce_sender_test, what_never_left_the_queue_is_known_not_to_be_stored) {
  brokers_.held = true;
  auto first = begin(item(0, 1));
  on_loop([] {});
  const item_outcome second = store(item(0, 2), 60);
  EXPECT_FALSE(second.batches[0].messages[0].problem->outcome_unknown);
  on_loop([&] { brokers_.release(); });
  EXPECT_FALSE(end(first).batches[0].messages[0].problem.has_value());
  on_loop([] {});
  EXPECT_EQ(brokers_.requests.size(), 1U);
}

TEST(produce_batcher, refuses_more_than_its_queue_holds) {
  metrics_registry metrics;
  fake_brokers brokers;
  brokers.held = true;
  net::event_loop loop("test");
  produce_batcher batcher(loop, brokers, {.requests_in_flight = 1, .queued_bytes_most = 150}, metrics);
  produce_request request;
  request.messages.resize(1, {.value = std::string(20, 'x')});
  db::topic_row topic;
  topic.partitions = {{partition_id(0), {}}};
  const produce_plan plan = make_produce_plan(
      request, topic, {.producer_id = 5, .sequence = 0, .next_turn = {}, .take_sequences = {}}, {}, 1000);
  const auto item = std::make_shared<const produce_item>(
      produce_item{.topic = "t", .partition = {}, .batches = plan.partitions[0].batches});
  ASSERT_LT(item->bytes(), 150);
  ASSERT_GT(2 * item->bytes(), 150);
  // The first is under way, the second waits, the third is too much.
  for (int i = 0; i < 2; ++i)
    loop.spawn([&]() -> net::task<void> {
      static_cast<void>(co_await batcher.send(broker_id(1), item, net::deadline::in_ms(20'000)));
    });
  item_answer refused{fail(error_code::internal, ""), kafka::delivery::maybe_sent};
  loop.spawn_and_wait([&]() -> net::task<void> {
    refused = co_await batcher.send(broker_id(1), item, net::deadline::in_ms(20'000));
  });
  EXPECT_EQ(refused.response.error().code, error_code::overloaded);
  EXPECT_EQ(refused.sent, kafka::delivery::not_sent);
  loop.run_and_wait([&] { brokers.release(); });
}

}  // namespace
}  // namespace marquee::write_manager
