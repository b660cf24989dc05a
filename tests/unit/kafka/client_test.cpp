#include <gtest/gtest.h>

#include <atomic>

#include "fake_broker.h"
#include "kafka/api/find_coordinator.h"
#include "kafka/api/init_producer_id.h"
#include "kafka/api/metadata.h"
#include "kafka/client_connection.h"
#include "kafka/cluster_client.h"
#include "net/wake_point.h"

namespace marquee::kafka {
namespace {

const uuid topic_id{{7}};

std::optional<wire_message> producer_id_answer(const request_header& header, std::int64_t id) {
  init_producer_id_response answer;
  answer.producer_id = id;
  return response_frame(answer, header.version, header.correlation_id);
}

class client_test : public testing::Test {
 protected:
  /// Runs on the client's loop and waits for its end.
  void run(std::function<net::task<void>()> body) {
    client_loop.spawn_and_wait([body = std::move(body)]() -> net::task<void> { co_await body(); });
  }
  net::endpoint at(const fake_broker& broker) { return {"127.0.0.1", broker.port()}; }

  net::event_loop broker_loop{"broker"};
  net::event_loop client_loop{"client"};
};

TEST_F(client_test, a_call_gets_its_answer) {
  fake_broker broker(
      broker_loop, [](const request_header& header, wire_reader&) { return producer_id_answer(header, 42); });
  run([&]() -> net::task<void> {
    auto connection = co_await client_connection::open(client_loop, at(broker), {});
    EXPECT_TRUE(connection);
    const auto outcome =
        co_await (*connection)->call(init_producer_id_request{}, 4, net::deadline::in_ms(5000));
    EXPECT_TRUE(outcome.response);
    if (outcome.response) EXPECT_EQ(outcome.response->producer_id, 42);
  });
}

TEST_F(client_test, calls_share_one_connection_and_answers_find_their_callers) {
  std::atomic<int> next = 0;
  fake_broker broker(broker_loop, [&](const request_header& header, wire_reader&) {
    return producer_id_answer(header, next++);
  });
  std::atomic<int> done = 0, right = 0;
  std::shared_ptr<client_connection> shared;
  run([&]() -> net::task<void> { shared = *co_await client_connection::open(client_loop, at(broker), {}); });
  net::wake_point finished;
  for (std::int64_t i = 0; i < 200; ++i)
    client_loop.spawn([&, i]() -> net::task<void> {
      const auto outcome = co_await shared->call(init_producer_id_request{}, 4, net::deadline::in_ms(5000));
      if (outcome.response && outcome.response->producer_id == i) ++right;
      ++done;
      finished.wake_all();
    });
  run([&]() -> net::task<void> {
    const net::deadline end = net::deadline::in_ms(10'000);
    while (done < 200 && !end.passed()) {
      const auto seen = finished.generation();
      if (done < 200) (void)co_await finished.wait(seen, end);
    }
    shared.reset();
  });
  EXPECT_EQ(right, 200);
  EXPECT_EQ(broker.connections_accepted(), 1);
}

TEST_F(client_test, a_closed_connection_fails_its_calls_and_says_that_they_were_sent) {
  fake_broker broker(broker_loop, [](const request_header&, wire_reader&) { return wire_message{}; });
  run([&]() -> net::task<void> {
    auto connection = co_await client_connection::open(client_loop, at(broker), {});
    const auto outcome =
        co_await (*connection)->call(init_producer_id_request{}, 4, net::deadline::in_ms(5000));
    EXPECT_FALSE(outcome.response);
    EXPECT_EQ(outcome.response.error().code, error_code::unavailable);
    EXPECT_EQ(outcome.sent, delivery::maybe_sent);
    EXPECT_FALSE((*connection)->is_open());
    const auto later =
        co_await (*connection)->call(init_producer_id_request{}, 4, net::deadline::in_ms(5000));
    EXPECT_EQ(later.sent, delivery::not_sent);
  });
}

TEST_F(client_test, a_silent_broker_is_given_up_at_the_deadline) {
  fake_broker broker(broker_loop, [](const request_header&, wire_reader&) { return std::nullopt; });
  run([&]() -> net::task<void> {
    auto connection = co_await client_connection::open(client_loop, at(broker), {});
    const auto outcome =
        co_await (*connection)->call(init_producer_id_request{}, 4, net::deadline::in_ms(30));
    EXPECT_EQ(outcome.response.error().code, error_code::timed_out);
    EXPECT_FALSE((*connection)->is_open());
  });
}

TEST_F(client_test, an_answer_to_another_request_closes_the_connection) {
  fake_broker broker(broker_loop, [](const request_header& header, wire_reader&) {
    request_header wrong = header;
    wrong.correlation_id += 5;
    return producer_id_answer(wrong, 1);
  });
  run([&]() -> net::task<void> {
    auto connection = co_await client_connection::open(client_loop, at(broker), {});
    const auto outcome =
        co_await (*connection)->call(init_producer_id_request{}, 4, net::deadline::in_ms(5000));
    EXPECT_FALSE(outcome.response);
  });
}

TEST_F(client_test, an_answer_of_absurd_length_closes_the_connection_before_memory_is_taken) {
  fake_broker broker(broker_loop, [](const request_header&, wire_reader&) {
    return wire_message(shared_bytes::of(bytes{0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1}));
  });
  run([&]() -> net::task<void> {
    auto connection = co_await client_connection::open(client_loop, at(broker), {});
    const auto outcome =
        co_await (*connection)->call(init_producer_id_request{}, 4, net::deadline::in_ms(5000));
    EXPECT_FALSE(outcome.response);
  });
}

TEST_F(client_test, more_calls_than_fit_wait_until_there_is_room) {
  fake_broker broker(broker_loop, [](const request_header&, wire_reader&) { return std::nullopt; });
  run([&]() -> net::task<void> {
    client_connection_options options;
    options.max_in_flight = 1;
    auto connection = co_await client_connection::open(client_loop, at(broker), options);
    client_loop.spawn([held = *connection]() -> net::task<void> {
      (void)co_await held->call(init_producer_id_request{}, 4, net::deadline::in_ms(5000));
    });
    co_await net::yield_to_others();
    const auto outcome =
        co_await (*connection)->call(init_producer_id_request{}, 4, net::deadline::in_ms(20));
    EXPECT_EQ(outcome.response.error().code, error_code::timed_out);
    EXPECT_EQ(outcome.sent, delivery::not_sent);
    EXPECT_TRUE((*connection)->is_open());
    (*connection)->close();
  });
}

std::optional<wire_message> metadata_answer(const request_header& header, std::uint16_t port,
                                            std::int32_t leader, std::int32_t epoch) {
  metadata_response answer;
  answer.brokers.push_back({1, "127.0.0.1", port, std::nullopt});
  metadata_response::topic topic;
  topic.name = "orders";
  topic.topic_id = topic_id;
  topic.partitions.push_back({kafka_error::none, 0, leader, epoch, {1}, {1}, {}});
  answer.topics.push_back(topic);
  return response_frame(answer, header.version, header.correlation_id);
}

TEST_F(client_test, an_unknown_leader_is_asked_for_once_however_many_want_to_know) {
  std::atomic<int> questions = 0;
  std::atomic<std::uint16_t> port = 0;
  fake_broker broker(broker_loop, [&](const request_header& header, wire_reader&) {
    ++questions;
    return metadata_answer(header, port, 1, 3);
  });
  port = broker.port();
  std::unique_ptr<cluster_client> client;
  std::atomic<int> found = 0;
  net::wake_point finished;
  client_loop.run_and_wait([&] {
    client = std::make_unique<cluster_client>(client_loop, cluster_client_options{});
    client->set_bootstrap({{broker_id(1), at(broker)}});
    for (int i = 0; i < 10; ++i)
      client_loop.spawn([&]() -> net::task<void> {
        const auto leader =
            co_await client->leader_of("orders", {topic_id, partition_id(0)}, net::deadline::in_ms(5000));
        if (leader && *leader == broker_id(1)) ++found;
        finished.wake_all();
      });
  });
  run([&]() -> net::task<void> {
    const net::deadline end = net::deadline::in_ms(10'000);
    while (found < 10 && !end.passed()) {
      const auto seen = finished.generation();
      if (found < 10) (void)co_await finished.wait(seen, end);
    }
    const auto picture = co_await client->describe_topic("orders", end);
    EXPECT_TRUE(picture);
    if (picture) EXPECT_EQ(picture->partition_count, 1);
    const auto missing = co_await client->leader_of("orders", {topic_id, partition_id(5)}, end);
    EXPECT_EQ(missing.error().code, error_code::not_found);
    client.reset();
  });
  EXPECT_EQ(found, 10);
  EXPECT_EQ(questions, 2);  // one for all ten, one for the partition that does not exist
}

TEST_F(client_test, a_partition_without_leader_is_unavailable_until_news_come) {
  std::atomic<std::uint16_t> port = 0;
  fake_broker broker(broker_loop, [&](const request_header& header, wire_reader&) {
    return metadata_answer(header, port, -1, 4);
  });
  port = broker.port();
  run([&]() -> net::task<void> {
    cluster_client client(client_loop, {});
    client.set_bootstrap({{broker_id(1), at(broker)}});
    const group_id group{topic_id, partition_id(0)};
    const auto none = co_await client.leader_of("orders", group, net::deadline::in_ms(5000));
    EXPECT_EQ(none.error().code, error_code::unavailable);
    client.note_leader(group, term_number(5), broker_id(1));
    const auto leader = co_await client.leader_of("orders", group, net::deadline::in_ms(5000));
    EXPECT_TRUE(leader);
    client.note_not_leader(group, broker_id(1), broker_id(2), 6);
    EXPECT_EQ(client.known_leader(group), broker_id(2));
  });
}

TEST_F(client_test, a_broker_that_is_gone_is_passed_over_when_asking_for_metadata) {
  std::atomic<std::uint16_t> port = 0;
  fake_broker broker(broker_loop, [&](const request_header& header, wire_reader&) {
    return metadata_answer(header, port, 1, 3);
  });
  port = broker.port();
  auto gone = std::make_unique<fake_broker>(broker_loop,
                                            [](const request_header&, wire_reader&) { return std::nullopt; });
  const net::endpoint nobody = at(*gone);
  gone.reset();
  run([&]() -> net::task<void> {
    cluster_client client(client_loop, {});
    client.set_bootstrap({{broker_id(1), at(broker)}, {broker_id(2), nobody}});
    for (int i = 0; i < 4; ++i)
      EXPECT_TRUE(co_await client.refresh_topic("orders", net::deadline::in_ms(5000)));
  });
}

TEST_F(client_test, exclusive_calls_do_not_wait_behind_each_other_and_are_bounded) {
  fake_broker broker(broker_loop,
                     [](const request_header& header, wire_reader& body) -> std::optional<wire_message> {
                       const auto request = find_coordinator_request::decode(header.version, body);
                       if (request->keys.at(0) == "slow") return std::nullopt;
                       find_coordinator_response answer;
                       answer.coordinators.push_back({"fast", 1, "h", 1, kafka_error::none, std::nullopt});
                       return response_frame(answer, header.version, header.correlation_id);
                     });
  run([&]() -> net::task<void> {
    cluster_client_options options;
    options.max_exclusive_per_broker = 2;
    cluster_client client(client_loop, options);
    client.set_bootstrap({{broker_id(1), at(broker)}});
    const auto ask = [](std::string key) {
      find_coordinator_request request;
      request.keys.push_back(std::move(key));
      return request;
    };
    net::event_loop& loop = client_loop;
    loop.spawn([&client, request = ask("slow")]() -> net::task<void> {
      (void)co_await client.call(broker_id(1), request, net::deadline::in_ms(60'000), lane::exclusive);
    });
    co_await net::yield_to_others();
    const auto fast =
        co_await client.call(broker_id(1), ask("fast"), net::deadline::in_ms(5000), lane::exclusive);
    EXPECT_TRUE(fast.response);
    loop.spawn([&client, request = ask("slow")]() -> net::task<void> {
      (void)co_await client.call(broker_id(1), request, net::deadline::in_ms(60'000), lane::exclusive);
    });
    co_await net::yield_to_others();
    const auto third =
        co_await client.call(broker_id(1), ask("fast"), net::deadline::in_ms(5000), lane::exclusive);
    EXPECT_EQ(third.response.error().code, error_code::overloaded);
    client.close();
  });
}

TEST(retry_delay, grows_and_stays_bounded) {
  EXPECT_EQ(retry_delay_ms(1), 5);
  EXPECT_EQ(retry_delay_ms(2), 10);
  EXPECT_EQ(retry_delay_ms(1000), 200);
}

TEST_F(client_test, calls_to_a_broker_that_hangs_end_long_before_their_deadline_until_it_answers_again) {
  std::atomic<bool> hangs = true;
  fake_broker broker(broker_loop,
                     [&](const request_header& header, wire_reader&) -> std::optional<wire_message> {
                       if (hangs) return std::nullopt;
                       return producer_id_answer(header, 42);
                     });
  run([&]() -> net::task<void> {
    cluster_client cluster(client_loop, {.connection = {}, .probe_every_ms = 10, .silence_ms = 50});
    cluster.set_bootstrap({{broker_id(1), at(broker)}});
    const net::deadline end = net::deadline::in_ms(60'000);
    const auto waited = co_await cluster.call(broker_id(1), init_producer_id_request{}, end);
    EXPECT_FALSE(waited.response);
    EXPECT_EQ(waited.sent, delivery::maybe_sent);
    EXPECT_FALSE(cluster.answers(broker_id(1)));
    const auto refused =
        co_await cluster.call(broker_id(1), init_producer_id_request{}, end, lane::exclusive);
    EXPECT_EQ(refused.sent, delivery::not_sent);
    hangs = false;
    while (!cluster.answers(broker_id(1)) && !end.passed()) co_await net::sleep_ms(5);
    const auto answered = co_await cluster.call(broker_id(1), init_producer_id_request{}, end);
    EXPECT_TRUE(answered.response);
    EXPECT_FALSE(end.passed());
  });
}

TEST_F(client_test, a_broker_that_still_says_what_it_owed_is_noticed_one_silence_after_that) {
  constexpr std::int64_t silence_ms = 1'000;
  std::atomic<int> asked = 0;
  fake_broker broker(broker_loop,
                     [&](const request_header& header, wire_reader&) -> std::optional<wire_message> {
                       const bool is_probe = header.key == static_cast<std::int16_t>(api_key::api_versions);
                       if (is_probe || ++asked > 1) return std::nullopt;
                       return producer_id_answer(header, 42);
                     });
  broker.answer_after_ms = 100;
  run([&]() -> net::task<void> {
    cluster_client cluster(client_loop, {.connection = {}, .probe_every_ms = 5, .silence_ms = silence_ms});
    cluster.set_bootstrap({{broker_id(1), at(broker)}});
    const net::deadline end = net::deadline::in_ms(60'000);
    EXPECT_TRUE((co_await cluster.call(broker_id(1), init_producer_id_request{}, end)).response);
    const auto began = std::chrono::steady_clock::now();
    EXPECT_FALSE((co_await cluster.call(broker_id(1), init_producer_id_request{}, end)).response);
    const auto took = std::chrono::steady_clock::now() - began;
    EXPECT_GE(took, std::chrono::milliseconds(silence_ms));
    EXPECT_LT(took, std::chrono::milliseconds(silence_ms * 8 / 5));
    EXPECT_FALSE(cluster.answers(broker_id(1)));
  });
}

TEST_F(client_test, a_broker_that_answers_others_but_holds_one_call_back_does_not_hang) {
  fake_broker broker(broker_loop,
                     [&](const request_header& header, wire_reader&) -> std::optional<wire_message> {
                       if (header.key == static_cast<std::int16_t>(api_key::find_coordinator))
                         return std::nullopt;
                       return producer_id_answer(header, 42);
                     });
  run([&]() -> net::task<void> {
    cluster_client cluster(client_loop, {.connection = {}, .probe_every_ms = 5, .silence_ms = 40});
    cluster.set_bootstrap({{broker_id(1), at(broker)}});
    const auto held_back =
        co_await cluster.call(broker_id(1), find_coordinator_request{}, net::deadline::in_ms(400));
    EXPECT_EQ(held_back.response.error().code, error_code::timed_out);
    EXPECT_TRUE(cluster.answers(broker_id(1)));
  });
}

}  // namespace
}  // namespace marquee::kafka
