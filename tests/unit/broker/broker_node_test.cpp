#include <gtest/gtest.h>

#include <thread>

#include "base/random.h"
#include "broker_node_fixture.h"
#include "kafka/api/api_versions.h"
#include "kafka/api/fetch.h"
#include "kafka/api/init_producer_id.h"
#include "kafka/api/list_offsets.h"
#include "kafka/api/metadata.h"
#include "kafka/api/offset_commit.h"
#include "kafka/api/offset_fetch.h"
#include "kafka/api/produce.h"
#include "net/stream.h"

namespace marquee::broker {
namespace {

using kafka::kafka_error;

class broker_node_test : public broker_node_fixture {};

TEST_F(broker_node_test, serves_without_managers_what_it_knew) {
  const auto metadata = call(kafka::metadata_request{}, 12);
  ASSERT_EQ(metadata.topics.size(), 2U);
  EXPECT_EQ(metadata.cluster_id, to_string(cluster));
  EXPECT_EQ(metadata.topics[0].partitions[0].leader_id, 1);
  const auto produced = call(produce("orders", {"a", "b"}), 9);
  EXPECT_EQ(produced.topics.at(0).partitions.at(0).error, kafka_error::none);
  const auto fetched = call(fetch(0, 1000), 12);
  EXPECT_EQ(fetched.topics.at(0).partitions.at(0).high_watermark, 2);
  EXPECT_GT(fetched.topics.at(0).partitions.at(0).records->size(), 0U);
}

TEST_F(broker_node_test, says_what_became_of_a_topic_that_is_asked_for_by_name) {
  const auto error_of = [&](const std::string& name, bool create, std::int16_t version) {
    kafka::metadata_request request;
    request.topics.emplace().push_back({{}, name});
    request.allow_auto_topic_creation = create;
    return call(request, version).topics.at(0).error;
  };
  EXPECT_EQ(error_of("nosuch", false, 12), kafka_error::unknown_topic_or_partition);
  // There is no manager here that could create it: the client has to ask again.
  EXPECT_EQ(error_of("nosuch", true, 12), kafka_error::leader_not_available);
  EXPECT_EQ(error_of("nosuch", false, 3), kafka_error::leader_not_available);
  EXPECT_EQ(error_of("not a name", true, 12), kafka_error::invalid_topic_exception);
  EXPECT_EQ(error_of("not a name", false, 1), kafka_error::invalid_topic_exception);
  EXPECT_EQ(error_of("__internal", true, 12), kafka_error::invalid_topic_exception);
  EXPECT_EQ(error_of("__internal", false, 12), kafka_error::unknown_topic_or_partition);
  EXPECT_EQ(error_of("__consumer_offsets", true, 12), kafka_error::none);
}

TEST_F(broker_node_test, creates_no_topics_on_demand_where_that_is_switched_off) {
  connection.reset();
  node->stop();
  node.reset();
  options.defaults.create_on_demand = false;
  start();
  kafka::metadata_request request;
  request.topics.emplace().push_back({{}, "nosuch"});
  EXPECT_EQ(call(request, 12).topics.at(0).error, kafka_error::unknown_topic_or_partition);
}

TEST_F(broker_node_test, keeps_records_over_a_restart) {
  (void)call(produce("orders", {"a", "b"}), 9);
  connection.reset();
  node->stop();
  node.reset();
  start();
  kafka::list_offsets_request request;
  request.topics.push_back({"orders", {{.index = 0}}});
  const net::deadline end = net::deadline::in_ms(20'000);
  std::int64_t offset = -1;
  while (offset < 0 && !end.passed()) offset = call(request, 7).topics.at(0).partitions.at(0).offset;
  EXPECT_EQ(offset, 2);
}

TEST_F(broker_node_test, a_long_poll_ends_when_something_is_produced) {
  kafka::fetch_response fetched;
  std::thread poller([&] {
    net::event_loop own("poller");
    own.spawn_and_wait([&]() -> net::task<> {
      auto mine = *co_await kafka::client_connection::open(own, {"127.0.0.1", node->kafka_port()}, {});
      auto outcome = co_await mine->call(fetch(0, 20'000), 12, net::deadline::in_ms(30'000));
      if (outcome.response) fetched = std::move(*outcome.response);
    });
  });
  (void)call(produce("orders", {"a"}), 9);
  poller.join();
  ASSERT_EQ(fetched.topics.size(), 1U);
  EXPECT_GT(fetched.topics[0].partitions.at(0).records->size(), 0U);
}

TEST_F(broker_node_test, refuses_what_it_must_not_take) {
  EXPECT_EQ(call(produce("nosuch", {"a"}), 9).topics[0].partitions[0].error,
            kafka_error::unknown_topic_or_partition);
  EXPECT_EQ(call(produce("__consumer_offsets", {"a"}), 9).topics[0].partitions[0].error,
            kafka_error::invalid_topic_exception);
  kafka::produce_request acks = produce("orders", {"a"});
  acks.acks = 2;
  EXPECT_EQ(call(acks, 9).topics[0].partitions[0].error, kafka_error::invalid_required_acks);
  kafka::produce_request damaged = produce("orders", {"a"});
  bytes batch(damaged.topics[0].partitions[0].records->joined().view().begin(),
              damaged.topics[0].partitions[0].records->joined().view().end());
  batch.back() ^= 1;
  damaged.topics[0].partitions[0].records = kafka::byte_chain(shared_bytes::of(std::move(batch)));
  EXPECT_EQ(call(damaged, 9).topics[0].partitions[0].error, kafka_error::corrupt_message);
}

TEST_F(broker_node_test, answers_a_managers_batches_one_by_one) {
  kafka::produce_request request = produce("orders", {"a", "b"});
  request.topics[0].partitions[0].marquee = kafka::marquee_produce{0, {{7, {{0, 2, 55}}}}};
  const auto first = call(request, 9).topics[0].partitions[0];
  ASSERT_TRUE(first.marquee);
  EXPECT_EQ(first.marquee->batches.at(0).kind, kafka::marquee_batch_result::copy::stored);
  const auto again = call(request, 9).topics[0].partitions[0];
  EXPECT_EQ(again.marquee->batches.at(0).kind, kafka::marquee_batch_result::copy::duplicate);
  EXPECT_EQ(again.marquee->batches.at(0).base_offset, first.marquee->batches.at(0).base_offset);
  request.topics[0].partitions[0].marquee->batches[0].runs[0].count = 1;
  EXPECT_EQ(call(request, 9).topics[0].partitions[0].error, kafka_error::invalid_request);
}

TEST_F(broker_node_test, keeps_positions_of_consumers) {
  const auto send = [&](kafka::marquee_claim claim,
                        std::vector<kafka::offset_commit_request::partition> positions) {
    kafka::offset_commit_request request;
    request.group_id = "c-1";
    if (!positions.empty()) request.topics.push_back({"orders", std::move(positions)});
    request.marquee = std::move(claim);
    return *call(request, 9).marquee;
  };
  using kind = kafka::marquee_claim::command_kind;
  const uuid topic = *uuid::parse("bbbbbbbb-0000-4000-8000-000000000002");
  EXPECT_EQ(send({"m:1", 0, kind::claim, topic, 2}, {}).error, kafka_error::unknown_member_id);
  EXPECT_EQ(send({"m:1", 0, kind::register_consumer, topic, 2}, {}).error, kafka_error::none);
  EXPECT_EQ(send({"m:1", 0, kind::claim, topic, 2}, {}).epoch, 1);
  EXPECT_EQ(send({"m:1", 1, kind::commit, topic, 2}, {{.index = 1, .offset = 42, .metadata = {}}}).error,
            kafka_error::none);
  EXPECT_EQ(send({"m:2", 0, kind::commit, topic, 2}, {{.index = 1, .offset = 1, .metadata = {}}}).error,
            kafka_error::illegal_generation);
  kafka::offset_fetch_request request;
  request.groups.push_back({"c-1", std::nullopt, -1, std::nullopt});
  const auto fetched = call(request, 9).groups.at(0);
  EXPECT_EQ(fetched.marquee->owner, "m:1");
  EXPECT_EQ(fetched.topics.at(0).name, "orders");
  EXPECT_EQ(fetched.topics.at(0).partitions.at(0).offset, 42);
  kafka::offset_commit_request foreign;
  foreign.group_id = "g";
  foreign.topics.push_back({"orders", {{.index = 0, .offset = 1, .metadata = {}}}});
  EXPECT_EQ(call(foreign, 8).topics.at(0).partitions.at(0).error, kafka_error::not_coordinator);
}

TEST_F(broker_node_test, has_no_producer_ids_without_a_manager) {
  EXPECT_EQ(call(kafka::init_producer_id_request{}, 4).error, kafka_error::coordinator_not_available);
}

TEST_F(broker_node_test, internal_endpoints_want_the_clusters_secret) {
  EXPECT_EQ(http("GET", "/internal/leaders?since=0", "", false).status, 403);
  EXPECT_EQ(http("POST", "/internal/metadata", "{}", false).status, 403);
  const auto leaders = http("GET", "/internal/leaders?since=0", "", true);
  EXPECT_EQ(leaders.status, 200);
  EXPECT_NE(leaders.body.find("\"leader\":1"), std::string::npos) << leaders.body;
  EXPECT_EQ(http("POST", "/internal/metadata", "{}", true).status, 400);
  const auto foreign = http("POST", "/internal/metadata",
                            R"({"controller_epoch":9,"controller_holder":"x","from_version":0,"to_version":2,
                                "cluster_id":"dddddddd-0000-4000-8000-000000000001"})",
                            true);
  EXPECT_EQ(foreign.status, 409);
  EXPECT_NE(foreign.body.find("WRONG_CLUSTER"), std::string::npos) << foreign.body;
  const auto partitions = http("GET", "/internal/partitions?barrier=true", "", true);
  EXPECT_NE(partitions.body.find("\"high_watermark\":0"), std::string::npos) << partitions.body;
  EXPECT_EQ(http("GET", "/ready", "", false).status, 200);
}

TEST_F(broker_node_test, a_stop_does_not_wait_for_long_polls_of_leaders) {
  node->stop();
  options.process.stop_grace_ms = 60'000;
  start();
  const std::uint64_t version = node->host().leaders().version();
  std::jthread manager([&] {
    const std::string news = "/internal/leaders?wait_ms=60000&since=" + std::to_string(version);
    EXPECT_EQ(http("GET", news, "", true).status, 200);
  });
  while (node->long_polls() == 0) std::this_thread::yield();
  const net::deadline end = net::deadline::in_ms(30'000);
  node->stop();
  EXPECT_FALSE(end.passed());
}

TEST_F(broker_node_test, lives_through_garbage_on_its_kafka_port) {
  random_source random(7);
  for (int round = 0; round < 60; ++round) {
    bytes garbage(random.below(400) + 1);
    for (auto& octet : garbage) octet = static_cast<std::uint8_t>(random.next());
    if (round % 3 == 0 && garbage.size() > 8) garbage = {0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1};
    if (round % 3 == 1 && garbage.size() > 12) {
      byte_writer head(garbage);
      head.put_at<std::int32_t>(0, static_cast<std::int32_t>(garbage.size() - 4));
      head.put_at<std::int16_t>(4, static_cast<std::int16_t>(random.below(25)));
      head.put_at<std::int16_t>(6, static_cast<std::int16_t>(random.below(12)));
    }
    loop.spawn_and_wait([&]() -> net::task<> {
      auto stream = co_await net::connect({"127.0.0.1", node->kafka_port()}, net::deadline::in_ms(5000));
      if (!stream) co_return;
      (void)co_await stream->write(bytes_view(garbage), net::deadline::in_ms(1000));
      stream->close();
    });
  }
  EXPECT_EQ(call(kafka::metadata_request{}, 12).topics.size(), 2U);
}

}  // namespace
}  // namespace marquee::broker
