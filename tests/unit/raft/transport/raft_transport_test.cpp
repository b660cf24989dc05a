#include "raft/transport/raft_transport.h"

#include <gtest/gtest.h>

#include "base/byte_codec.h"
#include "base/crc32c.h"
#include "raft/transport/batch_codec.h"
#include "raft/transport/frame_io.h"
#include "raft/transport/greeting.h"
#include "tests/unit/raft/transport/transport_fixture.h"

namespace marquee::raft {
namespace {
using namespace testing;

struct raft_transport_test : ::testing::Test {
  void connect(listening_transport& from, listening_transport& to, int to_broker) {
    from.transport.set_peers({{broker_id(to_broker), to.where()}});
  }
};

TEST_F(raft_transport_test, carries_messages_with_their_entries) {
  listening_transport one(options_of(1));
  listening_transport two(options_of(2));
  connect(one, two, 2);
  ASSERT_TRUE(one.wait_for_up(2));
  one.transport.send(broker_id(2), {heartbeat_between(1, 2, 3), append_between(1, 2, 1, 200'000)});
  ASSERT_TRUE(two.wait_for_messages(2));
  EXPECT_EQ(two.messages[0].value.context, 3u);
  EXPECT_TRUE(verify_entry(two.messages[1].value.entries.at(0)));
}

TEST_F(raft_transport_test, carries_leaders) {
  listening_transport one(options_of(1));
  listening_transport two(options_of(2));
  connect(one, two, 2);
  ASSERT_TRUE(one.wait_for_up(2));
  const group_leader news{group_of(4), term_number(7), replica_of(1)};
  ASSERT_TRUE(one.transport.send_leaders(broker_id(2), {news}));
  ASSERT_TRUE(two.wait_until([&] { return !two.leaders.empty(); }));
  EXPECT_EQ(two.leaders[0], news);
}

TEST_F(raft_transport_test, carries_an_entry_of_almost_the_largest_size) {
  listening_transport one(options_of(1));
  listening_transport two(options_of(2));
  connect(one, two, 2);
  ASSERT_TRUE(one.wait_for_up(2));
  one.transport.send(broker_id(2), {append_between(1, 2, 1, std::size_t{63} << 20)});
  EXPECT_TRUE(two.wait_for_messages(1));
}

TEST_F(raft_transport_test, crash_is_seen_as_reset_and_a_planned_stop_as_goodbye) {
  listening_transport one(options_of(1));
  for (const peer_loss how : {peer_loss::reset, peer_loss::goodbye}) {
    one.down.clear();
    one.up.clear();
    listening_transport two(options_of(2));
    connect(one, two, 2);
    ASSERT_TRUE(one.wait_for_up(2));
    two.transport.stop(how);
    ASSERT_TRUE(one.wait_until([&] { return !one.down.empty(); }));
    EXPECT_EQ(one.down[0].first, broker_id(2));
    EXPECT_EQ(one.down[0].second, how);
    one.transport.set_peers({});
  }
}

TEST_F(raft_transport_test, reconnects_to_a_peer_that_comes_back) {
  listening_transport one(options_of(1));
  transport_options options = options_of(2);
  {
    listening_transport two(options);
    options.listen_port = two.transport.port();
    connect(one, two, 2);
    ASSERT_TRUE(one.wait_for_up(2));
  }
  ASSERT_TRUE(one.wait_until([&] { return one.down.size() == 1; }));
  options.process.boot = boot_count(2);
  listening_transport again(options);
  EXPECT_TRUE(one.wait_until([&] { return one.up.size() == 2; }));
}

TEST_F(raft_transport_test, refuses_a_peer_of_another_cluster) {
  listening_transport one(options_of(1));
  transport_options foreign = options_of(2);
  foreign.cluster_id = uuid::random();
  listening_transport two(foreign);
  two.transport.set_peers({{broker_id(1), one.where()}});
  while (one.refused() == 0) std::this_thread::yield();
  EXPECT_TRUE(two.transport.connected().empty());
  EXPECT_TRUE(one.messages.empty());
}

TEST_F(raft_transport_test, refuses_a_peer_with_another_secret) {
  listening_transport one(options_of(1));
  transport_options foreign = options_of(2);
  foreign.cluster_secret = "some other secret";
  listening_transport two(foreign);
  two.transport.set_peers({{broker_id(1), one.where()}});
  while (one.refused() == 0) std::this_thread::yield();
  EXPECT_TRUE(two.transport.connected().empty());
  EXPECT_EQ(two.superseded, 0);
}

TEST_F(raft_transport_test, refuses_a_broker_that_is_not_the_one_meant) {
  listening_transport one(options_of(1));
  listening_transport three(options_of(3));
  connect(one, three, 2);
  while (three.refused() == 0) std::this_thread::yield();
  EXPECT_TRUE(one.transport.connected().empty());
}

TEST_F(raft_transport_test, tells_the_lower_boot_count_of_one_identity_to_stop) {
  listening_transport one(options_of(1));
  transport_options newer = options_of(2);
  newer.process.boot = boot_count(5);
  listening_transport young(newer);
  transport_options older = options_of(2);
  older.process.boot = boot_count(4);
  listening_transport old(older);
  connect(young, one, 1);
  ASSERT_TRUE(young.wait_for_up(1));
  connect(old, one, 1);
  EXPECT_TRUE(old.wait_until([&] { return old.superseded > 0; }));
  EXPECT_EQ(young.superseded, 0);
  EXPECT_TRUE(old.transport.connected().empty());
}

TEST_F(raft_transport_test, ends_the_connection_of_an_older_process_when_the_newer_one_arrives) {
  listening_transport one(options_of(1));
  listening_transport old(options_of(2));
  connect(old, one, 1);
  ASSERT_TRUE(old.wait_for_up(1));
  transport_options newer = options_of(2);
  newer.process.boot = boot_count(2);
  listening_transport young(newer);
  connect(young, one, 1);
  ASSERT_TRUE(young.wait_for_up(1));
  EXPECT_TRUE(old.wait_until([&] { return old.superseded > 0; }));
}

/// Broker 2, run from a copy of its data directory: the same boot count and another process.
transport_options twin_of_two() {
  transport_options copy = options_of(2);
  copy.process.process = process_id(77);
  return copy;
}

TEST_F(raft_transport_test, tells_the_second_process_of_one_identity_and_boot_count_to_stop) {
  listening_transport one(options_of(1));
  listening_transport two(options_of(2));
  connect(two, one, 1);
  ASSERT_TRUE(two.wait_for_up(1));
  listening_transport copy(twin_of_two());
  connect(copy, one, 1);
  ASSERT_TRUE(copy.wait_until([&] { return copy.superseded > 0; }));
  EXPECT_TRUE(copy.transport.connected().empty());
  EXPECT_EQ(two.superseded, 0);
  EXPECT_EQ(two.transport.connected().size(), 1u);
}

TEST_F(raft_transport_test, tells_a_second_process_to_stop_that_it_connects_to_itself) {
  listening_transport one(options_of(1));
  listening_transport two(options_of(2));
  connect(one, two, 2);
  ASSERT_TRUE(one.wait_for_up(2));
  // The managers say that broker 2 has moved.
  listening_transport copy(twin_of_two());
  connect(one, copy, 2);
  EXPECT_TRUE(copy.wait_until([&] { return copy.superseded > 0; }));
  EXPECT_EQ(two.superseded, 0);
  EXPECT_TRUE(one.messages.empty());
}

TEST_F(raft_transport_test, knows_the_first_process_again_after_its_connections_broke) {
  listening_transport one(options_of(1));
  {
    listening_transport two(options_of(2));
    connect(two, one, 1);
    ASSERT_TRUE(two.wait_for_up(1));
  }
  listening_transport copy(twin_of_two());
  connect(copy, one, 1);
  ASSERT_TRUE(copy.wait_until([&] { return copy.superseded > 0; }));
  listening_transport again(options_of(2));
  connect(again, one, 1);
  EXPECT_TRUE(again.wait_for_up(1));
  EXPECT_EQ(again.superseded, 0);
}

TEST_F(raft_transport_test, a_copy_that_was_started_once_more_is_a_newer_process) {
  listening_transport one(options_of(1));
  listening_transport two(options_of(2));
  connect(two, one, 1);
  ASSERT_TRUE(two.wait_for_up(1));
  transport_options options = twin_of_two();
  options.process.boot = boot_count(2);
  listening_transport copy(options);
  connect(copy, one, 1);
  EXPECT_TRUE(copy.wait_for_up(1));
  EXPECT_TRUE(two.wait_until([&] { return two.superseded > 0; }));
}

TEST_F(raft_transport_test, peers_that_name_no_process_are_told_apart_by_boot_counts_alone) {
  transport_options older_release = options_of(2);
  older_release.process.process = process_id(0);
  listening_transport one(options_of(1));
  listening_transport two(older_release);
  connect(two, one, 1);
  ASSERT_TRUE(two.wait_for_up(1));
  listening_transport again(older_release);
  connect(again, one, 1);
  EXPECT_TRUE(again.wait_for_up(1));
  EXPECT_EQ(two.superseded + again.superseded, 0);
}

TEST_F(raft_transport_test, both_of_two_processes_stop_that_met_different_peers_first) {
  listening_transport one(options_of(1));
  listening_transport three(options_of(3));
  listening_transport two(options_of(2));
  listening_transport copy(twin_of_two());
  connect(two, one, 1);
  connect(copy, three, 3);
  ASSERT_TRUE(two.wait_for_up(1));
  ASSERT_TRUE(copy.wait_for_up(3));
  connect(two, three, 3);
  connect(copy, one, 1);
  EXPECT_TRUE(two.wait_until([&] { return two.superseded > 0; }));
  EXPECT_TRUE(copy.wait_until([&] { return copy.superseded > 0; }));
}

TEST_F(raft_transport_test, messages_in_another_ones_name_are_dropped) {
  listening_transport one(options_of(1));
  listening_transport two(options_of(2));
  connect(two, one, 1);
  ASSERT_TRUE(two.wait_for_up(1));
  group_message old_incarnation = heartbeat_between(2, 1);
  old_incarnation.value.to.incarnation = incarnation_id(99);
  two.transport.send(broker_id(1), {heartbeat_between(3, 1), old_incarnation, heartbeat_between(2, 1, 9)});
  ASSERT_TRUE(one.wait_for_messages(1));
  ASSERT_EQ(one.messages.size(), 1u);
  EXPECT_EQ(one.messages[0].value.context, 9u);
}

TEST_F(raft_transport_test, garbage_closes_the_connection_without_an_answer) {
  listening_transport one(options_of(1));
  EXPECT_TRUE(talk_to(one.where(), bytes(100, 0x47)).empty());
  EXPECT_EQ(one.refused(), 1u);
}

TEST_F(raft_transport_test, a_length_of_two_gigabytes_closes_the_connection) {
  listening_transport one(options_of(1));
  bytes header;
  byte_writer out(header);
  out.put(std::uint32_t{0x4d460100});
  out.put(std::uint32_t{0x80000000});
  out.put(std::uint32_t{0});
  out.put(crc32c(header));
  EXPECT_TRUE(talk_to(one.where(), header).empty());
  EXPECT_EQ(one.refused(), 1u);
}

TEST_F(raft_transport_test, half_a_hello_that_never_ends_is_closed_in_time) {
  transport_options options = options_of(1);
  options.hello_timeout_ms = 50;
  listening_transport one(options);
  const bytes hello = encode_introduction({});
  const std::array<bytes_view, 1> parts{bytes_view(hello)};
  const encoded_frame_header header = encode_frame_header(frame_type::hello, parts);
  EXPECT_TRUE(talk_to(one.where(), bytes(header.begin(), header.end() - 4)).empty());
  EXPECT_EQ(one.refused(), 1u);
}

TEST_F(raft_transport_test, messages_before_the_hello_close_the_connection) {
  listening_transport one(options_of(1));
  bytes payload;
  for (const shared_bytes& part : encode_messages({heartbeat_between(2, 1)}))
    payload.insert(payload.end(), part.view().begin(), part.view().end());
  const std::array<bytes_view, 1> parts{bytes_view(payload)};
  const encoded_frame_header header = encode_frame_header(frame_type::messages, parts);
  bytes sent(header.begin(), header.end());
  sent.insert(sent.end(), payload.begin(), payload.end());
  EXPECT_TRUE(talk_to(one.where(), sent).empty());
  EXPECT_TRUE(one.messages.empty());
}

/// A peer that has said a proper hello and then sends `after`; true when the connection was closed.
bool closes_after_hello(listening_transport& target, const bytes& after) {
  bool closed = false;
  net::event_loop loop("bad-peer");
  loop.spawn_and_wait([&]() -> net::task<> {
    greeting_context context;
    context.own.cluster_id = test_cluster;
    context.own.self = replica_of(2);
    context.own.boot = boot_count(1);
    context.secret = net::cluster_secret(test_secret);
    context.judge = [](const introduction&) { return hello_verdict::welcome; };
    result<net::stream> connection = co_await net::connect(target.where(), net::deadline::in_ms(5000));
    EXPECT_TRUE(connection.has_value());
    const auto greeted = co_await greet_as_connecting(*connection, context, broker_id(1));
    EXPECT_TRUE(greeted.has_value());
    static_cast<void>(co_await connection->write(bytes_view(after)));
    for (;;) {
      const auto frame = co_await read_frame(*connection, largest_hello_bytes, net::deadline::in_ms(8000));
      if (frame) continue;
      closed = frame.error().code == error_code::unavailable;
      co_return;
    }
  });
  return closed;
}

TEST_F(raft_transport_test, garbage_after_the_hello_closes_the_connection) {
  listening_transport one(options_of(1));
  EXPECT_TRUE(closes_after_hello(one, bytes(64, 0xee)));
  EXPECT_EQ(one.refused(), 1u);
}

TEST_F(raft_transport_test, a_frame_with_a_flipped_bit_closes_the_connection) {
  listening_transport one(options_of(1));
  bytes payload;
  for (const shared_bytes& part : encode_messages({append_between(2, 1, 1, 500)}))
    payload.insert(payload.end(), part.view().begin(), part.view().end());
  const std::array<bytes_view, 1> parts{bytes_view(payload)};
  const encoded_frame_header header = encode_frame_header(frame_type::messages, parts);
  bytes sent(header.begin(), header.end());
  sent.insert(sent.end(), payload.begin(), payload.end());
  sent[300] ^= 4;
  EXPECT_TRUE(closes_after_hello(one, sent));
  EXPECT_TRUE(one.messages.empty());
}

TEST_F(raft_transport_test, a_silent_peer_is_closed) {
  transport_options options = options_of(1);
  options.silence_timeout_ms = 50;
  listening_transport one(options);
  EXPECT_TRUE(closes_after_hello(one, {}));
}

TEST_F(raft_transport_test, a_peer_that_falls_silent_is_connected_to_anew) {
  transport_options options = options_of(1);
  options.peer_silence_ms = 50;
  listening_transport one(options);
  options = options_of(2);
  options.alive_interval_ms = 60'000;
  listening_transport two(options);
  connect(one, two, 2);
  EXPECT_TRUE(one.wait_until([&] { return one.up.size() >= 2; }));
  EXPECT_EQ(one.down.at(0).second, peer_loss::reset);
}

TEST_F(raft_transport_test, an_idle_connection_stays) {
  transport_options options = options_of(1);
  options.alive_interval_ms = 20;
  options.peer_silence_ms = 300;
  options.silence_timeout_ms = 300;
  listening_transport one(options);
  options.self = replica_of(2);
  listening_transport two(options);
  connect(one, two, 2);
  ASSERT_TRUE(one.wait_for_up(2));
  std::unique_lock lock(one.mutex);
  EXPECT_FALSE(one.changed.wait_for(lock, std::chrono::milliseconds(700), [&] { return !one.down.empty(); }));
}

}  // namespace
}  // namespace marquee::raft
