#include "raft/runtime/partition_thread.h"

#include <algorithm>
#include <utility>

#include "raft/transport/batch_codec.h"

namespace marquee::raft {

partition_thread::partition_thread(std::string name, const replica_environment& environment,
                                   raft_transport& transport)
    : environment_(environment),
      transport_(transport),
      last_turn_ms_(environment.time.monotonic_ms()),
      awake_since_ms_(last_turn_ms_),
      last_awake_ms_(last_turn_ms_),
      loop_(std::move(name)) {}

partition_thread::~partition_thread() {
  stop_loop();
}

void partition_thread::start() {
  loop_.post([this] { tick(); });
}

void partition_thread::stop_loop() {
  stopping_ = true;
  loop_.stop();
}

void partition_thread::add(std::shared_ptr<hosted_replica> who) {
  const group_id group = who->group();
  queue_deadline(replicas_[group] = std::move(who));
}

void partition_thread::remove(const group_id& group) {
  const auto found = replicas_.find(group);
  if (found == replicas_.end()) return;
  deadlines_.remove(*found->second);
  replicas_.erase(found);
}

void partition_thread::queue_deadline(const std::shared_ptr<hosted_replica>& who) {
  deadlines_.set(who, who->next_deadline_ms());
}

std::int64_t partition_thread::awake_since_ms(std::int64_t now_ms) {
  if (now_ms - last_awake_ms_ > 2 * environment_.options.node.heartbeat_interval_ms) awake_since_ms_ = now_ms;
  last_awake_ms_ = std::max(last_awake_ms_, now_ms);
  return awake_since_ms_;
}

void partition_thread::deliver(std::vector<group_message> messages) {
  std::size_t dropped = 0;
  {
    const std::lock_guard lock(inbox_mutex_);
    const std::size_t most = environment_.options.inbox_bytes_most;
    for (group_message& item : messages) {
      // Raft repeats what is dropped. Votes and answers get some room beyond what appends may fill.
      const bool is_append = item.value.type == message_type::append_request;
      if (inbox_.bytes >= (is_append ? most : most + most / 4)) {
        ++dropped;
        continue;
      }
      inbox_.bytes += encoded_bytes(item);
      inbox_.messages.push_back(std::move(item));
    }
  }
  if (dropped > 0) environment_.metrics.inbox_dropped.add(dropped);
  schedule_turn();
}

void partition_thread::post_persisted(std::shared_ptr<hosted_replica> who, std::uint64_t persist_id,
                                      result<persist_times> outcome) {
  {
    const std::lock_guard lock(inbox_mutex_);
    inbox_.finished.push_back({std::move(who), persist_id, std::move(outcome)});
  }
  schedule_turn();
}

void partition_thread::post_peer_up(broker_id broker) {
  loop_.post([this, broker] {
    connected_.insert(broker);
    for (const auto& [group, who] : replicas_) who->peer_up(broker);
  });
}

void partition_thread::post_peer_down(broker_id broker, peer_loss how) {
  loop_.post([this, broker, how] {
    connected_.erase(broker);
    for (const auto& [group, who] : replicas_) who->peer_down(broker, how);
  });
}

void partition_thread::want_turn(hosted_replica& who) {
  if (std::exchange(who.in_turn_list, true)) return;
  turn_list_.push_back(who.shared_from_this());
  schedule_turn();
}

void partition_thread::schedule_turn() {
  if (turn_scheduled_.exchange(true) || stopping_) return;
  loop_.post([this] { turn(); });
}

void partition_thread::turn() {
  const std::int64_t started_us = environment_.time.monotonic_us();
  last_turn_ms_ = started_us / 1000;
  turn_scheduled_ = false;
  read_inbox();
  // Those that ask for a turn from here on get the next one.
  const std::vector<std::shared_ptr<hosted_replica>> now = std::exchange(turn_list_, {});
  for (const std::shared_ptr<hosted_replica>& who : now) who->in_turn_list = false;
  for (const std::shared_ptr<hosted_replica>& who : now) {
    who->process();
    // One that was removed meanwhile has stopped: it waits for nothing.
    queue_deadline(who);
  }
  send_all();
  environment_.metrics.turn_us.observe(
      static_cast<std::uint64_t>(environment_.time.monotonic_us() - started_us));
}

void partition_thread::read_inbox() {
  inbox arrived;
  {
    const std::lock_guard lock(inbox_mutex_);
    arrived = std::exchange(inbox_, {});
  }
  environment_.metrics.inbox_bytes.set(static_cast<std::int64_t>(arrived.bytes));
  for (const finished_persist& each : arrived.finished) each.who->persist_finished(each.id, each.outcome);
  for (const group_message& item : arrived.messages) {
    const auto found = replicas_.find(item.group);
    if (found == replicas_.end())
      environment_.metrics.unknown_group_dropped.add();
    else
      found->second->receive(item.value);
  }
}

void partition_thread::send(group_message message) {
  const broker_id to = message.value.to.broker;
  outgoing_[to].push_back(std::move(message));
}

void partition_thread::send_all() {
  for (auto& [broker, messages] : outgoing_)
    if (!messages.empty()) transport_.send(broker, std::exchange(messages, {}));
}

void partition_thread::tick() {
  if (stopping_) return;
  const std::int64_t now_ms = environment_.time.monotonic_ms();
  last_turn_ms_ = now_ms;
  static_cast<void>(awake_since_ms(now_ms));
  for (const std::shared_ptr<hosted_replica>& who : deadlines_.take_due(now_ms)) {
    who->tick();
    queue_deadline(who);
  }
  loop_.post_after_ms(environment_.options.tick_ms, [this] { tick(); });
}

}  // namespace marquee::raft
