#include "kafka/cluster_client.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <unordered_map>

#include "base/logging.h"
#include "kafka/api/api_versions.h"
#include "kafka/broker_pool.h"
#include "net/event_loop.h"
#include "net/future.h"

namespace marquee::kafka {

namespace {

constexpr std::int64_t second_look_ms = 50;
/// So many silences long a broker that says other things may take to answer one question.
constexpr std::int64_t longest_question = 4;

}  // namespace

struct cluster_client::state : std::enable_shared_from_this<cluster_client::state> {
  state(net::event_loop& on, cluster_client_options with) : loop(on), options(std::move(with)) {}

  net::event_loop& loop;
  cluster_client_options options;
  leader_table leaders;
  std::map<broker_id, net::endpoint> addresses;
  std::map<broker_id, broker_pool> pools;
  std::unordered_map<std::string, topic_picture> topics;
  std::unordered_map<std::string, std::shared_ptr<shared_question>> questions;
  std::size_t next_broker = 0;
  bool closed = false;
  bool watching = false;

  net::task<result<std::shared_ptr<client_connection>>> shared_connection(broker_id broker, lane way,
                                                                          net::deadline end);
  net::task<result<std::shared_ptr<client_connection>>> exclusive_connection(broker_id broker);
  net::task<result<>> ask_brokers(std::string topic, net::deadline end);
  result<> learn(const std::string& topic, const metadata_response& answer);
  void set_address(broker_id broker, const net::endpoint& where);
  void start_watching();
  static net::task<void> watch(std::weak_ptr<state> weak, std::int64_t every_ms);
  static net::task<void> probe(std::shared_ptr<state> self, broker_id broker);
  /// Fails only if nothing at all comes back: a refused or closed connection is noticed without this.
  net::task<result<>> ask_whether_there(broker_id broker);
};

void cluster_client::state::start_watching() {
  if (std::exchange(watching, true)) return;
  loop.spawn([weak = weak_from_this(), every_ms = options.probe_every_ms] { return watch(weak, every_ms); });
}

net::task<void> cluster_client::state::watch(std::weak_ptr<state> weak, std::int64_t every_ms) {
  for (;;) {
    co_await net::sleep_ms(every_ms);
    const std::shared_ptr<state> self = weak.lock();
    if (!self || self->closed) co_return;
    for (auto& [id, pool] : self->pools)
      if ((pool.owes_answers() || pool.silent) && !std::exchange(pool.probing, true))
        self->loop.spawn([self, broker = id] { return probe(self, broker); });
  }
}

net::task<result<>> cluster_client::state::ask_whether_there(broker_id broker) {
  broker_pool& pool = pools[broker];
  const auto began = std::chrono::steady_clock::now();
  const std::chrono::milliseconds silence(options.silence_ms);
  if (!pool.probe || !pool.probe->is_open()) {
    client_connection_options one = options.connection;
    one.connect_timeout_ms = options.silence_ms;
    const net::endpoint where = addresses.at(broker);
    const auto opened = co_await client_connection::open(loop, where, one);
    if (!opened && opened.error().code == error_code::refused) co_return result<>{};  // its connections know
    if (!opened) co_return fail(opened);
    pool.probe = *opened;
  }
  const auto held = pool.probe;
  const net::promise<bool> told;
  net::future<bool> answer = told.get_future();
  const net::deadline longest = net::deadline::in_ms(longest_question * options.silence_ms);
  loop.spawn([held, told, longest]() -> net::task<void> {
    const auto got = co_await held->call(api_versions_request{"marquee", "probe"},
                                         api_versions_request::max_version, longest);
    told.set(got.response.has_value());
  });
  for (auto last = began;;) {
    const result<bool> got = co_await answer.wait(net::deadline::at(last + silence));
    if (got && !*got) held->close();
    if (got || got.error().code != error_code::timed_out) co_return result<>{};
    // What it still sends may have been asked for long ago: one that does not hear us may talk on for a
    // while.
    const auto heard = pool.heard(last);
    if (heard == last) break;
    last = heard;
  }
  held->close();
  co_return fail(error_code::timed_out, "nothing has come from it for " + std::to_string(options.silence_ms) +
                                            " ms, although it was asked");
}

net::task<void> cluster_client::state::probe(std::shared_ptr<state> self, broker_id broker) {
  broker_pool& pool = self->pools[broker];  // std::map: stays where it is
  const result<> there = co_await self->ask_whether_there(broker);
  const auto quiet_since =
      std::chrono::steady_clock::now() - std::chrono::milliseconds(self->options.silence_ms);
  // What was read late, because this process stood still itself, has been read after a moment.
  if (!there) co_await net::sleep_ms(second_look_ms);
  const bool silent = !there && pool.heard(quiet_since) == quiet_since;
  if (silent && !pool.silent)
    log_warning("kafka", "broker {} does not answer ({}): nothing is sent to it until it does",
                broker.value(), escape_for_log(there.error().message));
  if (!silent && pool.silent) log_info("kafka", "broker {} does not hang any more", broker.value());
  pool.silent = silent;
  if (silent) pool.close();
  pool.probing = false;
}

void cluster_client::state::set_address(broker_id broker, const net::endpoint& where) {
  const auto [found, is_new] = addresses.try_emplace(broker, where);
  if (is_new || found->second == where) return;
  found->second = where;
  // It came back elsewhere: the old connections lead to nobody, or to somebody else.
  if (const auto pool = pools.find(broker); pool != pools.end()) {
    pool->second.data.close();
    pool->second.control.close();
    pool->second.idle.clear();
  }
}

net::task<result<std::shared_ptr<client_connection>>> cluster_client::state::shared_connection(
    broker_id broker, lane way, net::deadline end) {
  const auto self = shared_from_this();
  broker_pool& pool = pools[broker];  // std::map: stays where it is
  shared_connection_slot& slot = way == lane::control ? pool.control : pool.data;
  while (slot.connecting) {
    const auto question = slot.connecting;
    if (co_await question->done.wait(0, end) != net::wake_reason::woken)
      co_return fail(error_code::timed_out,
                     "no connection to broker " + std::to_string(broker.value()) + " in time");
    if (question->answer && !*question->answer) co_return fail(*question->answer);
  }
  if (slot.open && slot.open->is_open()) co_return slot.open;
  slot.open.reset();
  const auto question = slot.connecting = std::make_shared<shared_question>();
  const net::endpoint where = addresses.at(broker);
  result<std::shared_ptr<client_connection>> opened =
      co_await client_connection::open(loop, where, options.connection);
  question->answer = opened ? result<>{} : result<>(fail(opened));
  slot.connecting.reset();
  if (opened && !closed) slot.open = *opened;
  question->done.wake_all();
  co_return opened;
}

net::task<result<std::shared_ptr<client_connection>>> cluster_client::state::exclusive_connection(
    broker_id broker) {
  const auto self = shared_from_this();
  broker_pool& pool = pools[broker];
  while (!pool.idle.empty()) {
    const auto connection = pool.idle.back();
    pool.idle.pop_back();
    if (!connection->is_open()) continue;
    pool.in_use.insert(connection);
    co_return connection;
  }
  if (pool.exclusive() >= options.max_exclusive_per_broker)
    co_return fail(error_code::overloaded, "all " + std::to_string(options.max_exclusive_per_broker) +
                                               " connections to broker " + std::to_string(broker.value()) +
                                               " are taken by long polls");
  ++pool.opening;
  const net::endpoint where = addresses.at(broker);
  result<std::shared_ptr<client_connection>> opened =
      co_await client_connection::open(loop, where, options.connection);
  --pool.opening;
  if (opened && closed) co_return fail(error_code::cancelled, "this process is stopping");
  if (opened) pool.in_use.insert(*opened);
  co_return opened;
}

result<> cluster_client::state::learn(const std::string& topic, const metadata_response& answer) {
  for (const auto& broker : answer.brokers)
    if (broker.port > 0 && broker.port <= 65535)
      set_address(broker_id(broker.node_id), {broker.host, static_cast<std::uint16_t>(broker.port)});
  for (const auto& found : answer.topics) {
    if (found.name != topic) continue;
    if (found.error == kafka_error::unknown_topic_or_partition) {
      topics.erase(topic);
      return fail(error_code::not_found, "the brokers do not know topic '" + topic + "'");
    }
    if (found.error != kafka_error::none && found.partitions.empty())
      return fail(error_code::unavailable, "topic '" + topic + "': " + std::string(name_of(found.error)));
    topics[topic] = {topic, found.topic_id, static_cast<std::int32_t>(found.partitions.size())};
    for (const auto& partition : found.partitions)
      leaders.note({found.topic_id, partition_id(partition.index)}, term_number(partition.leader_epoch),
                   partition.leader_id >= 0 ? std::optional(broker_id(partition.leader_id)) : std::nullopt);
    return {};
  }
  return fail(error_code::internal,
              "a broker's metadata leaves out topic '" + topic + "', which was asked for");
}

net::task<result<>> cluster_client::state::ask_brokers(std::string topic, net::deadline end) {
  const auto self = shared_from_this();
  std::vector<broker_id> candidates;
  for (const auto& [id, where] : addresses) candidates.push_back(id);
  if (candidates.empty()) co_return fail(error_code::unavailable, "no broker is known");
  // Each question begins at another broker, so that one that hangs does not hang everybody.
  std::rotate(candidates.begin(),
              candidates.begin() + static_cast<std::ptrdiff_t>(next_broker++ % candidates.size()),
              candidates.end());
  std::vector<broker_id> silent;
  std::ranges::copy_if(candidates, std::back_inserter(silent),
                       [this](broker_id each) { return pools[each].silent; });
  std::erase_if(candidates, [this](broker_id each) { return pools[each].silent; });
  candidates.insert(candidates.end(), silent.begin(), silent.end());
  metadata_request request;
  request.topics.emplace().push_back({uuid{}, topic});
  request.allow_auto_topic_creation = false;
  result<> last = fail(error_code::unavailable, "no broker answers");
  for (const broker_id broker : candidates) {
    if (end.passed() || closed) break;
    const net::deadline one = end.earlier_of(net::deadline::in_ms(options.metadata_timeout_ms));
    result<std::shared_ptr<client_connection>> connection =
        co_await shared_connection(broker, lane::control, one);
    if (!connection) {
      last = fail(connection);
      continue;
    }
    const auto held = *connection;
    call_outcome<metadata_response> outcome =
        co_await held->call(request, metadata_request::max_version, one);
    if (outcome.response) {
      last = learn(topic, *outcome.response);
      // A broker that has not heard of a new topic yet is not the last word: the next one may have.
      if (last || last.error().code != error_code::not_found) co_return last;
    } else {
      last = fail(outcome.response);
    }
  }
  co_return last;
}

cluster_client::cluster_client(net::event_loop& loop, cluster_client_options options)
    : state_(std::make_shared<state>(loop, std::move(options))) {}
cluster_client::~cluster_client() {
  close();
}

void cluster_client::close() {
  state_->closed = true;
  for (auto& [id, pool] : state_->pools) {
    pool.close();
    if (pool.probe) pool.probe->close();
  }
}

bool cluster_client::answers(broker_id broker) const {
  const auto found = state_->pools.find(broker);
  return found == state_->pools.end() || !found->second.silent;
}

void cluster_client::set_bootstrap(std::vector<broker_address> brokers) {
  for (const broker_address& broker : brokers) state_->set_address(broker.id, broker.kafka);
}

std::vector<broker_address> cluster_client::brokers() const {
  std::vector<broker_address> all;
  for (const auto& [id, where] : state_->addresses) all.push_back({id, where});
  return all;
}

void cluster_client::note_leader(const group_id& partition, term_number term,
                                 std::optional<broker_id> leader) {
  state_->leaders.note(partition, term, leader);
}

void cluster_client::note_not_leader(const group_id& partition, broker_id broker,
                                     std::optional<broker_id> hinted_leader, std::int32_t hinted_epoch) {
  state_->leaders.note_not_leader(partition, broker);
  if (hinted_leader && hinted_leader->value() >= 0 && hinted_leader != broker)
    state_->leaders.note(partition, term_number(hinted_epoch), hinted_leader);
}

std::optional<broker_id> cluster_client::known_leader(const group_id& partition) const {
  return state_->leaders.leader_of(partition);
}

net::task<result<>> cluster_client::refresh_topic(std::string topic, net::deadline end) {
  const auto held = state_;
  if (const auto found = held->questions.find(topic); found != held->questions.end()) {
    const auto question = found->second;
    if (co_await question->done.wait(0, end) != net::wake_reason::woken)
      co_return fail(error_code::timed_out, "no broker told about topic '" + topic + "' in time");
    co_return question->answer.value_or(fail(error_code::cancelled, "the question was given up"));
  }
  const auto question = held->questions[topic] = std::make_shared<shared_question>();
  question->answer = co_await held->ask_brokers(topic, end);
  held->questions.erase(topic);
  question->done.wake_all();
  co_return *question->answer;
}

net::task<result<broker_id>> cluster_client::leader_of(std::string topic, group_id partition,
                                                       net::deadline end) {
  const auto held = state_;
  if (const auto known = held->leaders.leader_of(partition)) co_return *known;
  if (result<> refreshed = co_await refresh_topic(topic, end); !refreshed) co_return fail(refreshed);
  if (const auto known = held->leaders.leader_of(partition)) co_return *known;
  const auto picture = held->topics.find(topic);
  if (picture != held->topics.end() && picture->second.topic_id == partition.topic_id &&
      partition.partition.value() >= picture->second.partition_count)
    co_return fail(error_code::not_found,
                   "topic '" + topic + "' has no partition " + std::to_string(partition.partition.value()));
  co_return fail(
      error_code::unavailable,
      "partition " + topic + "/" + std::to_string(partition.partition.value()) + " has no leader now");
}

net::task<result<topic_picture>> cluster_client::describe_topic(std::string topic, net::deadline end) {
  const auto held = state_;
  if (const auto known = held->topics.find(topic); known != held->topics.end()) co_return known->second;
  if (result<> refreshed = co_await refresh_topic(topic, end); !refreshed) co_return fail(refreshed);
  const auto known = held->topics.find(topic);
  if (known == held->topics.end())
    co_return fail(error_code::not_found, "the brokers do not know topic '" + topic + "'");
  co_return known->second;
}

net::task<result<std::shared_ptr<client_connection>>> cluster_client::take(std::shared_ptr<state> held,
                                                                           broker_id broker, lane way,
                                                                           net::deadline end) {
  if (held->closed) co_return fail(error_code::cancelled, "this process is stopping");
  if (!held->addresses.contains(broker))
    co_return fail(error_code::not_found,
                   "broker " + std::to_string(broker.value()) + " has no known address");
  held->start_watching();
  if (held->pools[broker].silent)
    co_return fail(error_code::unavailable, "broker " + std::to_string(broker.value()) + " does not answer");
  if (way == lane::exclusive) co_return co_await held->exclusive_connection(broker);
  co_return co_await held->shared_connection(broker, way, end);
}

void cluster_client::give_back(const std::shared_ptr<state>& held, broker_id broker, lane way,
                               const std::shared_ptr<client_connection>& connection) {
  if (way != lane::exclusive) return;
  broker_pool& pool = held->pools[broker];
  pool.in_use.erase(connection);
  if (connection->is_open() && !held->closed) pool.idle.push_back(connection);
}

std::int64_t retry_delay_ms(int attempt) {
  const int doublings = std::clamp(attempt - 1, 0, 6);
  return std::min<std::int64_t>(std::int64_t{5} << doublings, 200);
}

}  // namespace marquee::kafka
