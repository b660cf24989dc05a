#include "raft/transport/raft_transport.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/logging.h"
#include "net/event_loop.h"
#include "net/stream.h"
#include "raft/transport/inbound.h"
#include "raft/transport/peer_link.h"

namespace marquee::raft {

namespace {
/// How long a stop waits for connections to end: the other sides have to read the goodbye.
constexpr std::int64_t wind_down_timeout_ms = 300;
}  // namespace

class raft_transport::impl {
 public:
  impl(transport_options options, transport_callbacks callbacks, metrics_registry& metrics)
      : options_(std::move(options)),
        callbacks_(std::move(callbacks)),
        metrics_(metrics),
        greeting_(make_greeting()),
        dropped_(metrics.counter("marquee_raft_dropped_total", "Raft messages that were dropped, by reason.",
                                 {{"reason", "not_sent"}})),
        newest_{{options_.self, options_.process}},
        inbound_(loop_, options_, greeting_,
                 {.arrived = [this](const peer_identity& peer) { peer_arrived(peer); },
                  .messages = callbacks_.on_messages,
                  .leaders = callbacks_.on_leaders,
                  .superseded = callbacks_.on_superseded},
                 metrics) {}
  ~impl() { stop(peer_loss::reset); }

  result<> start() {
    net::listener_options where;
    where.address = options_.listen_address;
    where.port = options_.listen_port;
    where.protocol = net::listener_protocol::raft;
    where.role = net::listener_role::internal;
    where.max_connections = options_.connections_most;
    result<std::unique_ptr<net::listener>> listening = net::listener::listen(
        loop_, where, [this](net::stream connection) { return inbound_.serve(std::move(connection)); });
    if (!listening) return fail(listening);
    listener_ = std::move(*listening);
    return {};
  }

  void stop(peer_loss how) {
    if (stopped_.exchange(true)) return;
    if (listener_) listener_->stop_accepting();
    loop_.spawn_and_wait([this, how] { return wind_down(how); });
    if (listener_) listener_->stop();
    loop_.stop();
  }

  void set_peers(const std::map<broker_id, net::endpoint>& peers) {
    const std::lock_guard lock(mutex_);
    std::erase_if(links_, [&](const auto& known) {
      const auto wanted = peers.find(known.first);
      if (wanted != peers.end() && wanted->second == known.second->where()) return false;
      loop_.post([link = known.second] { link->stop(peer_loss::goodbye); });
      up_.erase(known.first);
      return true;
    });
    for (const auto& [peer, where] : peers) {
      if (peer == options_.self.broker || links_.contains(peer)) continue;
      auto link = std::make_shared<peer_link>(loop_, options_, greeting_, peer, where, callbacks_for_links(),
                                              metrics_);
      links_.emplace(peer, link);
      loop_.spawn([link] { return link->run(); });
    }
  }

  void send(broker_id to, std::vector<group_message> messages) {
    const std::shared_ptr<peer_link> link = find(to);
    const std::size_t dropped = link ? link->queue().push(std::move(messages)) : messages.size();
    if (dropped > 0) dropped_.add(dropped);
  }

  bool send_leaders(broker_id to, std::vector<group_leader> leaders) {
    const std::shared_ptr<peer_link> link = find(to);
    return link && link->queue().push_leaders(std::move(leaders));
  }

  [[nodiscard]] std::uint16_t port() const { return listener_ ? listener_->port() : std::uint16_t{0}; }

  [[nodiscard]] std::vector<broker_id> connected() const {
    const std::lock_guard lock(mutex_);
    return {up_.begin(), up_.end()};
  }
  [[nodiscard]] std::vector<broker_id> peers() const {
    const std::lock_guard lock(mutex_);
    std::vector<broker_id> all;
    for (const auto& [peer, link] : links_) all.push_back(peer);
    return all;
  }

 private:
  greeting_context make_greeting() {
    greeting_context context;
    context.own.cluster_id = options_.cluster_id;
    context.own.self = options_.self;
    context.own.boot = options_.process.boot;
    context.own.process = options_.process.process;
    context.secret = net::cluster_secret(options_.cluster_secret);
    context.timeout_ms = options_.hello_timeout_ms;
    context.judge = [this](const introduction& peer) { return judge(peer.self, {peer.boot, peer.process}); };
    return context;
  }

  [[nodiscard]] hello_verdict judge(const replica_id& peer, const process_stamp& seen) const {
    const auto known = newest_.find(peer);
    if (known == newest_.end()) return hello_verdict::welcome;
    switch (compare_processes(known->second, seen)) {
      case process_standing::older:
        return hello_verdict::superseded;
      case process_standing::twin:
        return hello_verdict::twin;
      case process_standing::same:
      case process_standing::newer:
        break;
    }
    return hello_verdict::welcome;
  }

  link_callbacks callbacks_for_links() {
    return {.up =
                [this](broker_id peer, const peer_identity& identity) {
                  note_process(identity);
                  {
                    const std::lock_guard lock(mutex_);
                    up_.insert(peer);
                  }
                  callbacks_.on_peer_up(peer);
                },
            .down =
                [this](broker_id peer, peer_loss how) {
                  {
                    const std::lock_guard lock(mutex_);
                    up_.erase(peer);
                  }
                  callbacks_.on_peer_down(peer, how);
                },
            .superseded = callbacks_.on_superseded};
  }

  void peer_arrived(const peer_identity& peer) {
    note_process(peer);
    if (const std::shared_ptr<peer_link> link = find(peer.replica.broker); link && !link->is_up())
      link->try_now();
  }

  /// The identity is proven, and `judge` said welcome.
  void note_process(const peer_identity& peer) {
    if (peer.replica == options_.self && peer.process.boot > options_.process.boot)
      callbacks_.on_superseded(error{error_code::conflict,
                                     "another process with this broker's identity and a higher boot count "
                                     "introduced itself"});
    process_stamp& newest = newest_[peer.replica];
    const bool restarted = peer.process.boot > newest.boot;
    if (restarted || peer.process.process.value() != 0) newest = peer.process;
    if (restarted) inbound_.drop_older(peer);
  }

  net::task<> wind_down(peer_loss how) {
    std::vector<std::shared_ptr<peer_link>> links;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [peer, link] : links_) links.push_back(link);
      links_.clear();
      up_.clear();
    }
    if (how == peer_loss::goodbye)
      inbound_.say_goodbye();
    else
      inbound_.close_all();
    for (const auto& link : links) link->stop(how);
    const net::deadline end = net::deadline::in_ms(wind_down_timeout_ms);
    const auto all_ended = [&] {
      return inbound_.connections() == 0 &&
             std::all_of(links.begin(), links.end(), [](const auto& link) { return link->ended(); });
    };
    while (!all_ended() && !end.passed()) co_await net::sleep_ms(5);
  }

  [[nodiscard]] std::shared_ptr<peer_link> find(broker_id peer) const {
    const std::lock_guard lock(mutex_);
    const auto found = links_.find(peer);
    return found == links_.end() ? nullptr : found->second;
  }

  const transport_options options_;
  const transport_callbacks callbacks_;
  metrics_registry& metrics_;
  const greeting_context greeting_;
  metric_counter& dropped_;
  std::atomic<bool> stopped_{false};

  mutable std::mutex mutex_;
  std::map<broker_id, std::shared_ptr<peer_link>> links_;
  std::set<broker_id> up_;
  /// The process that speaks for each identity: of the highest boot count the one that came first, for as
  /// long as this process runs. On the transport thread only.
  std::unordered_map<replica_id, process_stamp> newest_;

  net::event_loop loop_{"raft-transport"};
  inbound inbound_;
  std::unique_ptr<net::listener> listener_;
};

raft_transport::raft_transport(transport_options options, transport_callbacks callbacks,
                               metrics_registry& metrics)
    : impl_(std::make_unique<impl>(std::move(options), std::move(callbacks), metrics)) {}
raft_transport::~raft_transport() = default;

result<> raft_transport::start() {
  return impl_->start();
}
void raft_transport::stop(peer_loss how) {
  impl_->stop(how);
}
void raft_transport::set_peers(const std::map<broker_id, net::endpoint>& peers) {
  impl_->set_peers(peers);
}
void raft_transport::send(broker_id to, std::vector<group_message> messages) {
  impl_->send(to, std::move(messages));
}
bool raft_transport::send_leaders(broker_id to, std::vector<group_leader> leaders) {
  return impl_->send_leaders(to, std::move(leaders));
}
std::uint16_t raft_transport::port() const {
  return impl_->port();
}
std::vector<broker_id> raft_transport::connected() const {
  return impl_->connected();
}
std::vector<broker_id> raft_transport::peers() const {
  return impl_->peers();
}

}  // namespace marquee::raft
