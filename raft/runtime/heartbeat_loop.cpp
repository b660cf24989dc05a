#include "raft/runtime/heartbeat_loop.h"

#include <utility>

namespace marquee::raft {

namespace {
constexpr std::size_t leaders_per_frame = 4096;
}

heartbeat_loop::heartbeat_loop(const replica_environment& environment, raft_transport& transport,
                               const std::vector<std::unique_ptr<partition_thread>>& threads)
    : environment_(environment), transport_(transport), threads_(threads) {}

heartbeat_loop::~heartbeat_loop() {
  stop();
}

void heartbeat_loop::start() {
  loop_.post([this] { beat(); });
}

void heartbeat_loop::stop() {
  stopping_ = true;
  loop_.stop();
}

void heartbeat_loop::leaders_changed() {
  if (leaders_scheduled_.exchange(true) || stopping_) return;
  loop_.post([this] {
    leaders_scheduled_ = false;
    send_leaders();
  });
}

void heartbeat_loop::peer_up(broker_id broker) {
  loop_.post([this, broker] {
    told_[broker] = 0;
    send_leaders();
  });
}

void heartbeat_loop::beat() {
  if (stopping_) return;
  send_heartbeats();
  send_leaders();
  loop_.post_after_ms(environment_.options.node.heartbeat_interval_ms, [this] { beat(); });
}

void heartbeat_loop::send_heartbeats() {
  const std::int64_t now_ms = environment_.time.monotonic_ms();
  messages_by_broker bundles;
  for (const auto& thread : threads_)
    if (now_ms - thread->last_turn_ms() < environment_.options.stuck_thread_ms)
      thread->heartbeats().collect(bundles);
  for (auto& [broker, bundle] : bundles) transport_.send(broker, std::move(bundle));
}

void heartbeat_loop::send_leaders() {
  for (const broker_id broker : transport_.connected()) {
    std::uint64_t& told = told_[broker];
    leader_table::changes news = environment_.leaders.since(told, leaders_per_frame);
    // What is not taken is said again at the next interval.
    if (news.leaders.empty() || transport_.send_leaders(broker, std::move(news.leaders))) told = news.version;
  }
}

}  // namespace marquee::raft
