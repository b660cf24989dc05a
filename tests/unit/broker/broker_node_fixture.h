#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "../base/temporary_folder.h"
#include "broker/broker_node.h"
#include "broker/identity_store.h"
#include "broker/metadata_codec.h"
#include "broker/partition_access.h"
#include "kafka/api/fetch.h"
#include "kafka/api/produce.h"
#include "kafka/client_connection.h"
#include "kafka/record_batch_builder.h"
#include "net/cluster_secret.h"
#include "net/http_client.h"

namespace marquee::broker {

inline constexpr const char* secret_text = "a secret of sixteen or more";

/// A broker of its own cluster of one, in this process, without managers.
class broker_node_fixture : public ::testing::Test {
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

}  // namespace marquee::broker
