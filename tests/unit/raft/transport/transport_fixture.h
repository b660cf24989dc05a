#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "net/event_loop.h"
#include "net/stream.h"
#include "raft/core/entry_codec.h"
#include "raft/transport/raft_transport.h"

namespace marquee::raft::testing {

inline const uuid test_cluster = *uuid::parse("11111111-2222-4333-8444-555555555555");
inline const std::string test_secret = "a secret of this test";

inline replica_id replica_of(int broker) {
  return {broker_id(broker), incarnation_id(broker * 100)};
}

inline group_id group_of(int partition) {
  return {test_cluster, partition_id(partition)};
}

inline transport_options options_of(int broker) {
  transport_options options;
  options.self = replica_of(broker);
  options.process = {boot_count(1), process_id(broker)};
  options.cluster_id = test_cluster;
  options.cluster_secret = test_secret;
  options.reconnect_most_ms = 50;
  return options;
}

inline entry entry_of(std::int64_t index, std::size_t payload_bytes) {
  entry e;
  e.term = term_number(1);
  e.index = log_index(index);
  e.type = entry_type::data;
  e.record_count = 1;
  e.head = shared_bytes::of(std::string("head"));
  e.payload.push_back(shared_bytes::of(bytes(payload_bytes, static_cast<std::uint8_t>(index))));
  seal_entry(e);
  return e;
}

inline group_message heartbeat_between(int from, int to, std::uint64_t context = 0) {
  group_message item{.group = group_of(0), .value = {}};
  item.value.type = message_type::heartbeat_request;
  item.value.from = replica_of(from);
  item.value.to = replica_of(to);
  item.value.term = term_number(1);
  item.value.context = context;
  return item;
}

inline group_message append_between(int from, int to, std::int64_t index, std::size_t payload_bytes) {
  group_message item = heartbeat_between(from, to);
  item.value.type = message_type::append_request;
  item.value.index = log_index(index - 1);
  item.value.index_term = term_number(index > 1 ? 1 : 0);
  item.value.entries = {entry_of(index, payload_bytes)};
  return item;
}

/// A transport and what it has said so far; tests wait for it to say something.
class listening_transport {
 public:
  explicit listening_transport(transport_options options)
      : transport(std::move(options), callbacks(), metrics) {
    const result<> started = transport.start();
    EXPECT_TRUE(started.has_value()) << started.error().message;
  }
  ~listening_transport() { transport.stop(peer_loss::reset); }

  /// False after ten seconds.
  bool wait_until(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(10), condition);
  }
  bool wait_for_up(int broker) {
    return wait_until([&] { return std::ranges::find(up, broker_id(broker)) != up.end(); });
  }
  bool wait_for_messages(std::size_t count) {
    return wait_until([&] { return messages.size() >= count; });
  }
  [[nodiscard]] net::endpoint where() const { return {"127.0.0.1", transport.port()}; }
  std::uint64_t refused() { return metrics.counter("marquee_raft_connections_refused_total", "").value(); }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<group_message> messages;
  std::vector<group_leader> leaders;
  std::vector<broker_id> up;
  std::vector<std::pair<broker_id, peer_loss>> down;
  int superseded = 0;
  metrics_registry metrics;
  raft_transport transport;

 private:
  template <class Change>
  void note(Change change) {
    {
      const std::lock_guard lock(mutex);
      change();
    }
    changed.notify_all();
  }
  transport_callbacks callbacks() {
    return {.on_messages =
                [this](broker_id, std::vector<group_message> received) {
                  note([&] { std::ranges::move(received, std::back_inserter(messages)); });
                },
            .on_leaders =
                [this](std::vector<group_leader> received) {
                  note([&] { leaders.insert(leaders.end(), received.begin(), received.end()); });
                },
            .on_peer_up = [this](broker_id peer) { note([&] { up.push_back(peer); }); },
            .on_peer_down = [this](broker_id peer,
                                   peer_loss how) { note([&] { down.emplace_back(peer, how); }); },
            .on_superseded = [this](const error&) { note([&] { ++superseded; }); }};
  }
};

/// A stranger that writes raw bytes to the Raft port and tells what came back until the connection ended.
inline bytes talk_to(const net::endpoint& where, const bytes& sent) {
  bytes received;
  net::event_loop loop("stranger");
  loop.spawn_and_wait([&]() -> net::task<> {
    result<net::stream> connection = co_await net::connect(where, net::deadline::in_ms(5000));
    EXPECT_TRUE(connection.has_value());
    if (!connection) co_return;
    static_cast<void>(co_await connection->write(bytes_view(sent)));
    std::array<std::uint8_t, 4096> buffer{};
    for (;;) {
      const result<std::size_t> got = co_await connection->read_some(buffer, net::deadline::in_ms(8000));
      EXPECT_TRUE(got.has_value() || got.error().code != error_code::timed_out) << "it was not closed";
      if (!got || *got == 0) break;
      received.insert(received.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*got));
    }
  });
  return received;
}

}  // namespace marquee::raft::testing
