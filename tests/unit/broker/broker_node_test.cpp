#include "broker/broker_node.h"

#include <gtest/gtest.h>

#include "../base/temporary_folder.h"
#include "base/random.h"
#include "broker/identity_store.h"
#include "broker/metadata_codec.h"
#include "broker/partition_access.h"
#include "kafka/api/api_versions.h"
#include "kafka/api/fetch.h"
#include "kafka/api/init_producer_id.h"
#include "kafka/api/list_offsets.h"
#include "kafka/api/metadata.h"
#include "kafka/api/offset_commit.h"
#include "kafka/api/offset_fetch.h"
#include "kafka/api/produce.h"
#include "kafka/client_connection.h"
#include "kafka/record_batch_builder.h"
#include "net/http_client.h"
#include "net/stream.h"

namespace marquee::broker {
namespace {

using kafka::kafka_error;

constexpr const char* secret_text = "a secret of sixteen or more";

/// A broker of its own cluster of one, in this process, without managers.
class broker_node_test : public ::testing::Test {
 protected:
  void SetUp() override {
    options.process.name = "b-1";
    options.process.http.port = 0;
    options.process.secret_file = folder.at("secret");
    options.kafka.port = 0;
    options.raft.port = 0;
    options.data_dir = folder.at("data");
    options.threads = 2;
    options.wal_file_bytes = 1 << 20;
    auto& files = system_file_system();
    ASSERT_TRUE(replace_file(files, options.process.secret_file, as_bytes(secret_text)));
    ASSERT_TRUE(files.create_directories(options.data_dir));
    identity_store store(files, options.data_dir);
    ASSERT_TRUE(store.save({cluster, self}));
    cluster_metadata metadata;
    (void)metadata.apply(first_push());
    const std::string text = encode_metadata(metadata);
    ASSERT_TRUE(replace_file(files, options.data_dir + "/metadata.json", as_bytes(text)));
    start();
  }
  void TearDown() override {
    connection.reset();
    if (node) node->stop();
  }
  void start() {
    auto made = broker_node::make(options);
    ASSERT_TRUE(made) << made.error().message;
    node = std::move(*made);
    const auto started = node->start();
    ASSERT_TRUE(started) << started.error().message;
    wait_for_leaders();
  }
  void wait_for_leaders() {
    const net::deadline end = net::deadline::in_ms(20'000);
    int ready = 0;
    while (ready < 4 && !end.passed()) {
      ready = 0;
      node->host().for_each([&](const replica_pointer& replica) {
        replica->loop().run_and_wait([&] { ready += partition_of(replica).serves() ? 1 : 0; });
      });
    }
    ASSERT_EQ(ready, 4);
  }

  metadata_push first_push() const {
    metadata_push push;
    push.controller_epoch = 1;
    push.controller_holder = "wm";
    push.cluster_id = cluster;
    push.to_version = 1;
    for (const auto& [name, partitions] : {std::pair{"orders", 2}, {"__consumer_offsets", 2}}) {
      topic_metadata topic;
      topic.name = name;
      topic.topic_id = *uuid::parse(name[0] == 'o' ? "bbbbbbbb-0000-4000-8000-000000000002"
                                                   : "cccccccc-0000-4000-8000-000000000003");
      topic.internal = name[0] == '_';
      for (int i = 0; i < partitions; ++i) topic.partitions.push_back({partition_id(i), {self}});
      push.topics.push_back(topic);
    }
    return push;
  }

  template <class Request>
  typename Request::response call(Request request, std::int16_t version) {
    typename Request::response response;
    loop.spawn_and_wait([&]() -> net::task<> {
      if (connection == nullptr)
        connection = *co_await kafka::client_connection::open(loop, {"127.0.0.1", node->kafka_port()}, {});
      auto outcome = co_await connection->call(request, version, net::deadline::in_ms(20'000));
      if (outcome.response) response = std::move(*outcome.response);
      if (!outcome.response) ADD_FAILURE() << outcome.response.error().message;
    });
    return response;
  }

  static kafka::produce_request produce(const std::string& topic, const std::vector<std::string>& values) {
    kafka::record_batch_builder builder;
    for (const std::string& value : values)
      builder.add({.timestamp_ms = 1000, .key = std::nullopt, .value = as_bytes(value), .headers = {}});
    kafka::produce_request request;
    request.timeout_ms = 10'000;
    request.topics.push_back({topic, {}});
    auto& part = request.topics[0].partitions.emplace_back();
    part.records = kafka::byte_chain(shared_bytes::of(builder.finish()));
    return request;
  }
  static kafka::fetch_request fetch(std::int64_t from, std::int32_t wait_ms) {
    kafka::fetch_request request;
    request.max_wait_ms = wait_ms;
    request.min_bytes = 1;
    request.topics.push_back({"orders", {}});
    auto& part = request.topics[0].partitions.emplace_back();
    part.fetch_offset = from;
    part.max_bytes = 1 << 20;
    return request;
  }

  net::http_response http(const std::string& method, const std::string& target, const std::string& body,
                          bool with_proof) {
    net::http_response response;
    loop.spawn_and_wait([&]() -> net::task<> {
      net::http_client client(loop);
      net::http_request request;
      request.method = method;
      request.target = target;
      request.body = body;
      if (with_proof) net::cluster_secret(secret_text).sign(request);
      auto outcome = co_await client.send({"127.0.0.1", node->http_port()}, request);
      if (outcome.response) response = *outcome.response;
    });
    return response;
  }

  const uuid cluster = *uuid::parse("aaaaaaaa-0000-4000-8000-000000000001");
  const replica_id self{broker_id(1), incarnation_id(7)};
  temporary_folder folder;
  broker_options options;
  std::unique_ptr<broker_node> node;
  net::event_loop loop{"client"};
  std::shared_ptr<kafka::client_connection> connection;
};

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
