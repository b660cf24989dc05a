#include "fake_cluster.h"

#include <array>

#include "base/byte_codec.h"
#include "batches.h"
#include "kafka/api/api_versions.h"
#include "kafka/api/offset_commit.h"
#include "kafka/api/offset_fetch.h"

namespace marquee::read_manager {

using kafka::kafka_error;

const uuid fake_cluster::topic_id{{1, 2, 3}};
const uuid fake_cluster::offsets_id{{9, 9, 9}};

fake_cluster::fake_cluster(int partitions) : logs_(static_cast<std::size_t>(partitions)) {
  net::listener_options options;
  options.protocol = net::listener_protocol::kafka;
  listener_ = std::move(*net::listener::listen(
      loop_, options, [this](net::stream connection) { return serve(std::move(connection)); }));
}

fake_cluster::~fake_cluster() {
  listener_->stop();
}

void fake_cluster::append(int partition, const std::vector<std::string>& values) {
  {
    const std::lock_guard lock(mutex_);
    auto& log = logs_[static_cast<std::size_t>(partition)].values;
    log.insert(log.end(), values.begin(), values.end());
  }
  appended_.wake_all();
}

void fake_cluster::set_log_start(int partition, std::int64_t offset) {
  const std::lock_guard lock(mutex_);
  logs_[static_cast<std::size_t>(partition)].start = offset;
}

void fake_cluster::set_leaderless(int partition, bool leaderless) {
  const std::lock_guard lock(mutex_);
  logs_[static_cast<std::size_t>(partition)].leaderless = leaderless;
}

broker::consumer_state fake_cluster::consumer(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const broker::consumer_state* found = positions_.find(id);
  return found == nullptr ? broker::consumer_state{} : *found;
}

void fake_cluster::claim_for(const std::string& id, const std::string& owner) {
  const std::lock_guard lock(mutex_);
  broker::position_command command;
  command.kind = broker::position_command_kind::claim;
  command.consumer = id;
  command.owner = owner;
  command.expected_epoch = positions_.find(id)->epoch;
  (void)positions_.apply(command);
}

void fake_cluster::register_consumer(const std::string& id,
                                     const std::map<std::int32_t, std::int64_t>& positions) {
  const std::lock_guard lock(mutex_);
  broker::position_command command;
  command.kind = broker::position_command_kind::register_consumer;
  command.consumer = id;
  command.topic_id = topic_id;
  command.positions = positions;
  (void)positions_.apply(command);
}

net::task<void> fake_cluster::serve(net::stream connection) {
  for (;;) {
    std::array<std::uint8_t, 4> prefix{};
    if (result<> got = co_await connection.read_exactly(prefix); !got) co_return;
    byte_reader reader(prefix);
    bytes frame(static_cast<std::size_t>(reader.get<std::int32_t>()));
    if (result<> got = co_await connection.read_exactly(frame); !got) co_return;
    kafka::wire_reader in(shared_bytes::of(std::move(frame)));
    const result<kafka::request_header> header = kafka::request_header::decode(in);
    if (!header) co_return;
    const kafka::wire_message message = co_await answer(*header, in);
    if (result<> sent = co_await connection.write(message.joined()); !sent) co_return;
  }
}

net::task<kafka::wire_message> fake_cluster::answer(kafka::request_header header, kafka::wire_reader& body) {
  switch (static_cast<kafka::api_key>(header.key)) {
    case kafka::api_key::metadata:
      co_return answer_metadata(header, body);
    case kafka::api_key::fetch:
      co_return co_await answer_fetch(header, body);
    case kafka::api_key::list_offsets:
      co_return answer_list_offsets(header, body);
    case kafka::api_key::offset_commit:
      co_return answer_commit(header, body);
    case kafka::api_key::api_versions:  // asks whether somebody is there
      co_return kafka::response_frame(kafka::api_versions_response::for_version(header.version),
                                      kafka::api_versions_response::answer_version(header.version),
                                      header.correlation_id);
    default:
      co_return answer_positions(header, body);
  }
}

kafka::wire_message fake_cluster::answer_metadata(const kafka::request_header& header,
                                                  kafka::wire_reader& body) {
  const auto request = kafka::metadata_request::decode(header.version, body);
  kafka::metadata_response response;
  response.brokers.push_back({1, "127.0.0.1", port(), std::nullopt});
  const std::lock_guard lock(mutex_);
  for (const auto& wanted : *request->topics) {
    auto& topic = response.topics.emplace_back();
    topic.name = wanted.name;
    const bool offsets = wanted.name == "__consumer_offsets";
    topic.topic_id = offsets ? offsets_id : topic_id;
    const std::int32_t count = offsets ? 4 : static_cast<std::int32_t>(logs_.size());
    for (std::int32_t i = 0; i < count; ++i)
      topic.partitions.push_back({kafka_error::none, i, 1, 1, {1}, {1}, {}});
  }
  return kafka::response_frame(response, header.version, header.correlation_id);
}

bool fake_cluster::fill(const kafka::fetch_request& request, kafka::fetch_response& response) {
  const std::lock_guard lock(mutex_);
  bool something = false;
  response.topics.clear();
  auto& topic = response.topics.emplace_back();
  topic.name = request.topics.at(0).name;
  for (const auto& wanted : request.topics[0].partitions) {
    const log& log = logs_[static_cast<std::size_t>(wanted.index)];
    auto& partition = topic.partitions.emplace_back();
    partition.index = wanted.index;
    const auto end = static_cast<std::int64_t>(log.values.size());
    if (log.leaderless) {
      partition.error = kafka_error::not_leader_or_follower;
    } else if (wanted.fetch_offset < log.start || wanted.fetch_offset > end) {
      partition.error = kafka_error::offset_out_of_range;
    } else {
      partition.high_watermark = end;
      partition.log_start_offset = log.start;
      if (wanted.fetch_offset < end)
        partition.records = batch_at(
            wanted.fetch_offset,
            {log.values.begin() + static_cast<std::ptrdiff_t>(wanted.fetch_offset), log.values.end()});
    }
    something = something || partition.error != kafka_error::none || wanted.fetch_offset < end;
  }
  return something;
}

net::task<kafka::wire_message> fake_cluster::answer_fetch(kafka::request_header header,
                                                          kafka::wire_reader& body) {
  ++fetches_;
  const auto request = kafka::fetch_request::decode(header.version, body);
  kafka::fetch_response response;
  const net::deadline end = net::deadline::in_ms(request->max_wait_ms);
  for (;;) {
    const std::uint64_t seen = appended_.generation();
    if (fill(*request, response) || end.passed()) break;
    (void)co_await appended_.wait(seen, end);
  }
  co_return kafka::response_frame(response, header.version, header.correlation_id);
}

kafka::wire_message fake_cluster::answer_list_offsets(const kafka::request_header& header,
                                                      kafka::wire_reader& body) {
  const auto request = kafka::list_offsets_request::decode(header.version, body);
  kafka::list_offsets_response response;
  const std::lock_guard lock(mutex_);
  for (const auto& wanted : request->topics) {
    auto& topic = response.topics.emplace_back();
    topic.name = wanted.name;
    for (const auto& item : wanted.partitions) {
      const log& log = logs_[static_cast<std::size_t>(item.index)];
      const auto end = static_cast<std::int64_t>(log.values.size());
      // Record times are offset + 1000, as in batch_at.
      const std::int64_t found = item.timestamp == kafka::earliest_timestamp ? log.start
                                 : item.timestamp == kafka::latest_timestamp ? end
                                 : item.timestamp - 1000 < end ? std::max(log.start, item.timestamp - 1000)
                                                               : -1;
      topic.partitions.push_back({item.index,
                                  log.leaderless ? kafka_error::not_leader_or_follower : kafka_error::none,
                                  -1, found, 1});
    }
  }
  return kafka::response_frame(response, header.version, header.correlation_id);
}

kafka::wire_message fake_cluster::answer_commit(const kafka::request_header& header,
                                                kafka::wire_reader& body) {
  const auto request = kafka::offset_commit_request::decode(header.version, body);
  broker::position_command command;
  command.kind = request->marquee->command;
  command.consumer = request->group_id;
  command.owner = request->marquee->owner;
  command.expected_epoch = request->marquee->expected_epoch;
  command.topic_id = request->marquee->topic_id;
  for (const auto& topic : request->topics)
    for (const auto& partition : topic.partitions) command.positions[partition.index] = partition.offset;
  if (command.kind == broker::position_command_kind::commit) ++commits_;
  const std::lock_guard lock(mutex_);
  const broker::position_result done = positions_.apply(command);
  kafka::offset_commit_response response;
  response.marquee = kafka::marquee_claim_result{done.epoch, done.owner, done.error};
  return kafka::response_frame(response, header.version, header.correlation_id);
}

kafka::wire_message fake_cluster::answer_positions(const kafka::request_header& header,
                                                   kafka::wire_reader& body) {
  const auto request = kafka::offset_fetch_request::decode(header.version, body);
  kafka::offset_fetch_response response;
  const std::lock_guard lock(mutex_);
  auto& group = response.groups.emplace_back();
  group.group_id = request->groups.at(0).group_id;
  auto& standing = group.marquee.emplace();
  using state_kind = kafka::marquee_ownership::state_kind;
  standing.state = positions_.was_deleted(group.group_id) ? state_kind::deleted : state_kind::unknown;
  if (const broker::consumer_state* found = positions_.find(group.group_id)) {
    standing = {found->epoch, found->owner, state_kind::live, found->topic_id};
    auto& topic = group.topics.emplace_back();
    topic.name = "orders";
    for (const auto& [partition, offset] : found->positions)
      topic.partitions.push_back({partition, offset, -1, std::nullopt, kafka_error::none});
  }
  return kafka::response_frame(response, header.version, header.correlation_id);
}

}  // namespace marquee::read_manager
