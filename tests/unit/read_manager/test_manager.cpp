#include "test_manager.h"

#include <gtest/gtest.h>

#include <future>

#include "net/stream.h"

namespace marquee::read_manager {

using nlohmann::json;

namespace {

db::metadata_changes metadata(const fake_cluster& cluster, int partitions) {
  db::metadata_changes changes;
  changes.version = 1;
  changes.cluster.cluster_id = uuid{{7}};
  changes.cluster.id_key = std::vector<std::uint8_t>(32, 5);
  db::topic_row topic;
  topic.topic_id = fake_cluster::topic_id;
  topic.name = "orders";
  for (int i = 0; i < partitions; ++i) topic.partitions.push_back({partition_id(i), {}});
  db::topic_row other = topic;
  other.topic_id = uuid{{4}};
  other.name = "others";
  changes.topics = {topic, other};
  db::broker_row broker;
  broker.id = broker_id(1);
  broker.host = "127.0.0.1";
  broker.kafka_port = cluster.port();
  changes.brokers = {broker};
  return changes;
}

}  // namespace

test_manager::test_manager(fake_cluster& cluster, std::string name) : name_(std::move(name)), loop_(name_) {
  (void)cache_.apply(metadata(cluster, cluster.partitions()));
  options_.process.name = name_;
  options_.request_timeout_ms = 4'000;
  options_.consume_patience_ms = 2'000;
  loop_.run_and_wait([&] {
    client_ = std::make_unique<net::http_client>(loop_);
    cluster_ = std::make_unique<kafka::cluster_client>(loop_, kafka::cluster_client_options{});
    cluster_->set_bootstrap({{broker_id(1), {"127.0.0.1", cluster.port()}}});
    positions_ = std::make_unique<position_client>(*cluster_, "");
    offsets_ = std::make_unique<offset_client>(loop_, *cluster_);
    fetcher_ =
        std::make_unique<consumer_fetcher>(loop_, *cluster_, *offsets_, metrics_.counter("fetches", ""));
    committer_ = std::make_unique<consumer_committer>(loop_, *positions_);
    table_ = std::make_unique<consumer_table>(100);
    forwarder_ = std::make_unique<request_forwarder>(loop_, *client_, secret_, name_);
    router_ = std::make_unique<consumer_router>(
        "read_manager/" + name_, *table_, *positions_, *forwarder_,
        consumer_router::counters{metrics_.counter("forwarded", ""), metrics_.counter("claimed", ""),
                                  metrics_.counter("taken_over", "")});
    directory_ = std::make_unique<db::manager_directory>(loop_, store_, cache_);
    activity_ = std::make_unique<db::activity_log>(loop_, store_, cache_, time_);
    all_.reset(new services{.options = options_,
                            .component = "read_manager/" + name_,
                            .loop = loop_,
                            .secret = secret_,
                            .store = store_,
                            .cache = cache_,
                            .follower = follower_,
                            .cluster = *cluster_,
                            .positions = *positions_,
                            .offsets = *offsets_,
                            .fetcher = *fetcher_,
                            .committer = *committer_,
                            .table = *table_,
                            .router = *router_,
                            .forwarder = *forwarder_,
                            .managers = *directory_,
                            .activity = *activity_,
                            .messages_consumed = metrics_.counter("messages", ""),
                            .bytes_consumed = metrics_.counter("bytes", ""),
                            .time = time_});
    routes_ = std::make_unique<net::http_router>("read_manager/" + name_);
    add_routes(*routes_, *all_);
  });
  client_loop_.run_and_wait([&] { outside_ = std::make_unique<net::http_client>(client_loop_); });
  server_ = std::move(*net::http_server::start(loop_, {}, {}, routes_->as_handler()));
  loop_.run_and_wait([&] { positions_->set_self(address()); });
  loop_.spawn([this]() -> net::task<void> {
    while (!dead_) {
      router_->note_turn();
      co_await net::sleep_ms(consumer_router::turn_every_ms);
    }
  });
}

test_manager::~test_manager() {
  kill();
  client_loop_.run_and_wait([&] { outside_.reset(); });
  loop_.run_and_wait([&] { cluster_->close(); });
  loop_.stop();
}

void test_manager::kill() {
  if (dead_.exchange(true)) return;
  server_->stop(0);
}

void test_manager::freeze_ms(std::int64_t duration_ms) {
  // Occupies the loop's thread, as a process that is stopped would.
  loop_.post([duration_ms] {
    std::promise<void> never;
    (void)never.get_future().wait_for(std::chrono::milliseconds(duration_ms));
  });
}

std::string test_manager::consumer_id(std::int64_t number, const uuid& topic) const {
  return cache_.ids()->encode({db::client_kind::consumer, number, topic});
}

reply test_manager::call(const std::string& method, const std::string& target, json body,
                         net::http_headers headers) {
  reply got;
  net::http_request request;
  request.headers = std::move(headers);
  request.method = method;
  request.target = target;
  if (!body.is_null()) request.body = body.dump();
  client_loop_.spawn_and_wait([&]() -> net::task<void> {
    const net::http_outcome outcome =
        co_await outside_->send({"127.0.0.1", server_->port()}, request, {.timeout_ms = 15'000});
    if (!outcome.response) co_return;
    got = {outcome.response->status, json::parse(outcome.response->body, nullptr, false),
           outcome.response->headers};
  });
  return got;
}

reply test_manager::consume(const std::string& id, json more) {
  more["topic"] = "orders";
  more["consumer_id"] = id;
  return call("POST", "/consumer/consume", more);
}

namespace {

std::string values_of(const reply& got) {
  if (got.status != 200) return got.body.is_object() ? got.body.value("code", "?") : "no answer";
  std::string values;
  for (const json& message : got.body["messages"])
    values += (values.empty() ? "" : " ") + message["message"].get<std::string>();
  return values;
}

}  // namespace

std::string test_manager::read(const std::string& id, json more) {
  return values_of(consume(id, std::move(more)));
}

reply test_manager::consume_as(const std::string& attempt, const std::string& id, json more,
                               const std::string& lost_attempts) {
  more["topic"] = "orders";
  more["consumer_id"] = id;
  net::http_headers headers;
  headers.add(std::string(attempt_header), attempt);
  if (!lost_attempts.empty()) headers.add(std::string(lost_attempts_header), lost_attempts);
  return call("POST", "/consumer/consume", more, std::move(headers));
}

std::string test_manager::read_as(const std::string& attempt, const std::string& id, json more,
                                  const std::string& lost_attempts) {
  return values_of(consume_as(attempt, id, std::move(more), lost_attempts));
}

net::http_headers test_manager::signed_headers(const std::string& method, const std::string& target,
                                               const std::string& silent) const {
  net::http_request request;
  request.method = method;
  request.target = target;
  if (!silent.empty()) request.headers.add(std::string(silent_managers_header), silent);
  secret_.sign(request);
  return request.headers;
}

std::string test_manager::read_naming(const std::string& silent, const std::string& id, proof_kind proof,
                                      json more) {
  more["topic"] = "orders";
  more["consumer_id"] = id;
  net::http_headers headers = signed_headers("POST", "/consumer/consume", silent);
  if (proof == without_proof) headers.remove(net::cluster_proof_header);
  return values_of(call("POST", "/consumer/consume", more, std::move(headers)));
}

int test_manager::tell(const std::string& target, const std::string& silent) {
  return call("POST", target, nullptr, signed_headers("POST", target, silent)).status;
}

std::uint64_t test_manager::counted(const char* name) {
  return metrics_.counter(name, "").value();
}

void test_manager::consume_and_hang_up(const std::string& id) {
  const std::string body =
      json{{"topic", "orders"}, {"consumer_id", id}, {"max", 2}, {"wait_ms", 5000}}.dump();
  const std::string text =
      "POST /consumer/consume HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n" + body;
  client_loop_.spawn_and_wait([&]() -> net::task<void> {
    result<net::stream> stream =
        co_await net::connect({"127.0.0.1", server_->port()}, net::deadline::in_ms(2'000));
    (void)co_await stream->write(as_bytes(text));
    stream->close();
  });
}

}  // namespace marquee::read_manager
