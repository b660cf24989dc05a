#include <gtest/gtest.h>

#include "raft/core/entry_codec.h"
#include "tests/raft_paper/test_group.h"

/// Raft paper 5.3: how logs become equal.
namespace marquee::raft::testing {
namespace {

message append(const test_replica& to, int index, int index_term, std::vector<entry> entries,
               int commit = 0) {
  message m = to.from(1, message_type::append_request);
  m.index = log_index(index);
  m.index_term = term_number(index_term);
  m.entries = std::move(entries);
  m.commit = log_index(commit);
  return m;
}

/// Entries from index `first` on with these terms.
std::vector<entry> entries_from(int first, std::initializer_list<int> terms) {
  std::vector<entry> entries;
  for (const int term : terms) {
    entry e;
    e.term = term_number(term);
    e.index = log_index(first + static_cast<int>(entries.size()));
    seal_entry(e);
    entries.push_back(e);
  }
  return entries;
}

message ack(const test_replica& to, int sender, std::int64_t index) {
  message m = to.from(sender, message_type::append_response);
  m.index = log_index(index);
  return m;
}

std::vector<int> terms_of(std::initializer_list<int> terms) {
  return terms;
}

// Raft paper 8: "each leader commit a blank no-op entry into the log at the start of its term". Pitfall 62:
// it uses no client offset.
TEST(replication, leader_begins_its_term_with_a_no_op_that_uses_no_offset) {
  test_replica one(replica(1), voters({1, 2, 3}), {term_number(2), std::nullopt}, log_with_terms({1, 2}));
  one.become_leader();
  const entry& no_op = one.log().at(log_index(3));
  EXPECT_EQ(no_op.type, entry_type::no_op);
  EXPECT_EQ(no_op.term, term_number(3));
  EXPECT_EQ(no_op.base_offset, record_offset(2));
  EXPECT_EQ(no_op.record_count, 0);
  EXPECT_EQ(no_op.append_time_ms, 1002);
  EXPECT_TRUE(verify_entry(no_op));
  ASSERT_TRUE(one.core().propose(records("a", 2, 3)));
  EXPECT_EQ(one.core().propose(records("b", 4)).error().code, error_code::invalid_argument);
  ASSERT_TRUE(one.core().propose(records("b", 5)));
}

TEST(replication, append_times_never_go_back) {
  test_replica one(replica(1), voters({1}), {term_number(2), std::nullopt}, log_with_terms({1, 2}));
  one.pass(2000);
  proposal late = records("a", 2);
  late.append_time_ms = 5000;
  proposal early = records("b", 3);
  early.append_time_ms = 4000;
  const auto first = one.core().propose(late);
  const auto second = one.core().propose(early);
  one.handle_work();
  EXPECT_EQ(one.log().at(*first).append_time_ms, 5000);
  EXPECT_EQ(one.log().at(*second).append_time_ms, 5000);
}

TEST(replication, proposal_to_a_follower_names_the_leader) {
  test_replica one(replica(2), voters({1, 2, 3}));
  EXPECT_EQ(one.core().propose(records("a", 0)).error().code, error_code::not_leader);
  one.receive(one.from(1, message_type::heartbeat_request));
  const auto refused = one.core().propose(records("a", 0));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("replica 1.1 leads"), std::string::npos) << refused.error().message;
}

// Raft paper, figure 2, AppendEntries 2: "reply false if log doesn't contain an entry at prevLogIndex whose
// term matches prevLogTerm".
TEST(replication, follower_rejects_what_does_not_join_its_log) {
  test_replica one(replica(2), voters({1, 2, 3}), {term_number(3), std::nullopt}, log_with_terms({1, 2}));
  for (const auto& [index, term] : {std::pair{3, 3}, {2, 3}, {1, 2}}) {
    one.receive(append(one, index, term, entries_from(index + 1, {3})));
    const auto answers = one.take_sent(message_type::append_response);
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_TRUE(answers[0].rejected);
    EXPECT_EQ(answers[0].index, log_index(index));
    EXPECT_EQ(one.terms(), terms_of({1, 2}));
  }
}

// Raft paper, figure 2, AppendEntries 3 and 4.
TEST(replication, follower_replaces_conflicting_entries_and_keeps_equal_ones) {
  const auto after = [](int index, int term, std::vector<entry> entries) {
    test_replica one(replica(2), voters({1, 2, 3}), {term_number(4), std::nullopt},
                     log_with_terms({1, 2, 2}));
    one.receive(append(one, index, term, std::move(entries)));
    EXPECT_FALSE(one.take_sent(message_type::append_response).at(0).rejected);
    return one.terms();
  };
  EXPECT_EQ(after(3, 2, entries_from(4, {4})), terms_of({1, 2, 2, 4}));
  EXPECT_EQ(after(1, 1, entries_from(2, {3, 4})), terms_of({1, 3, 4}));
  EXPECT_EQ(after(0, 0, entries_from(1, {1, 4})), terms_of({1, 4}));
  EXPECT_EQ(after(1, 1, entries_from(2, {2})), terms_of({1, 2, 2}));
  EXPECT_EQ(after(0, 0, {}), terms_of({1, 2, 2}));
}

// Pitfall 16: an old append says nothing about what followed it.
TEST(replication, repeated_append_truncates_nothing) {
  test_replica one(replica(2), voters({1, 2, 3}), {term_number(1), std::nullopt});
  const message first = append(one, 0, 0, entries_from(1, {1}));
  one.receive(first);
  one.receive(append(one, 1, 1, entries_from(2, {1, 1}), 3));
  EXPECT_EQ(one.core().commit_index(), log_index(3));
  (void)one.take_sent();
  one.receive(first);
  EXPECT_EQ(one.terms(), terms_of({1, 1, 1}));
  const auto answers = one.take_sent(message_type::append_response);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_FALSE(answers[0].rejected);
  EXPECT_EQ(answers[0].index, log_index(3)) << "what is committed is known to match";
}

// Pitfall 17: a probe that overtakes the append before it is rejected, and nothing is lost.
TEST(replication, message_that_overtakes_an_append_truncates_nothing) {
  test_replica one(replica(2), voters({1, 2, 3}), {term_number(1), std::nullopt});
  one.receive(append(one, 0, 0, entries_from(1, {1})));
  one.receive(append(one, 3, 1, {}));
  one.receive(append(one, 1, 1, entries_from(2, {1, 1})));
  EXPECT_EQ(one.terms(), terms_of({1, 1, 1}));
}

// Pitfall 24.
TEST(replication, append_with_a_hole_is_ignored) {
  test_replica one(replica(2), voters({1, 2, 3}), {term_number(1), std::nullopt});
  one.receive(append(one, 0, 0, entries_from(2, {1})));
  EXPECT_TRUE(one.terms().empty());
}

// DESIGN D24: nothing that cannot be read is stored.
TEST(replication, configuration_of_a_newer_release_is_reported_and_not_taken) {
  test_replica one(replica(2), voters({1, 2, 3}), {term_number(1), std::nullopt});
  auto entries = entries_from(1, {1, 1});
  entries[1].type = entry_type::configuration;
  entries[1].head = shared_bytes::of(bytes{9, 0});
  seal_entry(entries[1]);
  one.core().step(append(one, 0, 0, entries));
  const work todo = one.core().take_work();
  ASSERT_TRUE(todo.unreadable);
  EXPECT_EQ(todo.unreadable->code, error_code::unsupported);
  EXPECT_TRUE(one.terms().empty());
}

// Pitfall 35.
TEST(replication, follower_acknowledges_only_what_is_durable) {
  test_replica one(replica(2), voters({1, 2, 3}), {term_number(1), std::nullopt});
  one.disk_is_stuck = true;
  const message m = append(one, 0, 0, entries_from(1, {1}));
  one.receive(m);
  one.receive(m);
  EXPECT_TRUE(one.take_sent(message_type::append_response).empty()) << "nor when it comes again";
  one.receive(one.from(1, message_type::heartbeat_request));
  EXPECT_EQ(one.take_sent(message_type::heartbeat_response).size(), 1u) << "a slow disk is no death";
  one.sync();
  EXPECT_EQ(one.take_sent(message_type::append_response).back().index, log_index(1));
}

// Pitfalls 20 and 34: a write that ends after its entries were replaced confirms nothing.
TEST(replication, write_that_ends_after_a_truncation_confirms_nothing_of_the_new_entries) {
  test_replica one(replica(1), voters({1, 2, 3}), {term_number(1), std::nullopt});
  one.disk_is_stuck = true;
  message old_term = append(one, 0, 0, entries_from(1, {1, 1}));
  old_term.from = replica(3);
  one.receive(old_term);
  message new_term = append(one, 0, 0, entries_from(1, {2, 2}));
  new_term.term = term_number(2);
  new_term.from = replica(2);
  one.receive(new_term);
  EXPECT_EQ(one.terms(), terms_of({2, 2}));
  one.core().persisted(one.log().sync_one());
  one.handle_work();
  EXPECT_TRUE(one.take_sent(message_type::append_response).empty());
  one.sync();
  const auto answers = one.take_sent(message_type::append_response);
  ASSERT_FALSE(answers.empty());
  EXPECT_EQ(answers.back().term, term_number(2));
  EXPECT_EQ(answers.back().to, replica(2));
}

// Raft paper, figure 7: whatever the followers have, the leader's log wins.
TEST(replication, every_log_of_figure_7_becomes_the_leaders) {
  const std::vector<entry> leaders = log_with_terms({1, 1, 1, 4, 4, 5, 5, 6, 6, 6});
  const std::vector<std::vector<entry>> others = {
      log_with_terms({1, 1, 1, 4, 4, 5, 5, 6, 6}),
      log_with_terms({1, 1, 1, 4}),
      log_with_terms({1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6}),
      log_with_terms({1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7}),
      log_with_terms({1, 1, 1, 4, 4, 4, 4}),
      log_with_terms({1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3}),
  };
  for (const auto& other : others) {
    std::map<int, std::unique_ptr<test_replica>> replicas;
    const auto add = [&](int number, int term, std::vector<entry> log) {
      replicas[number] = std::make_unique<test_replica>(
          replica(number), voters({1, 2, 3}), hard_state{term_number(term), std::nullopt}, std::move(log));
    };
    add(1, 7, leaders);
    add(2, 7, other);
    add(3, 6, {});
    test_group group(std::move(replicas));
    // The third has the oldest log and votes for the first.
    group.let_through = [](const message& m) {
      const bool asks = m.type == message_type::pre_vote_request || m.type == message_type::vote_request;
      return !asks || m.from == replica(1);
    };
    ASSERT_EQ(group.elect(), 1);
    group.pass(1000);
    EXPECT_EQ(group[2].terms(), group[1].terms());
    EXPECT_EQ(group[3].terms(), group[1].terms());
  }
}

// Raft paper 5.3, end; pitfall 22: a long conflict is stepped over by term, not one by one.
TEST(replication, long_conflicting_tail_costs_few_messages) {
  std::vector<entry> stale = entries_from(1, {1});
  std::vector<entry> fresh = entries_from(1, {1});
  for (int i = 2; i <= 1000; ++i) {
    stale.push_back(entries_from(i, {2}).front());
    fresh.push_back(entries_from(i, {3}).front());
  }
  std::map<int, std::unique_ptr<test_replica>> replicas;
  replicas[1] = std::make_unique<test_replica>(replica(1), voters({1, 2}),
                                               hard_state{term_number(3), std::nullopt}, fresh);
  replicas[2] = std::make_unique<test_replica>(replica(2), voters({1, 2}),
                                               hard_state{term_number(3), std::nullopt}, stale);
  test_group group(std::move(replicas));
  int rejections = 0;
  group.let_through = [&](const message& m) {
    rejections += m.type == message_type::append_response && m.rejected ? 1 : 0;
    return true;
  };
  ASSERT_EQ(group.elect(), 1);
  EXPECT_EQ(group[2].terms(), group[1].terms());
  EXPECT_LE(rejections, 3);
}

/// A leader whose followers answered the no-op, with nothing sent and unread.
void lead_with_answers(test_replica& one) {
  one.become_leader();
  (void)one.take_sent();
  for (const int follower : {2, 3}) one.receive(ack(one, follower, 1));
  (void)one.take_sent();
}

// DESIGN 3 part 2: the window.
TEST(window, appends_are_sent_without_waiting_up_to_the_window) {
  node_options options;
  options.inflight_appends_most = 4;
  test_replica one(replica(1), voters({1, 2, 3}), {}, {}, log_index(0), options);
  lead_with_answers(one);
  std::size_t sent_to_2 = 0;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(one.core().propose(records("x", i)));
    one.handle_work();
    for (const message& m : one.take_sent(message_type::append_request)) sent_to_2 += m.to == replica(2);
  }
  EXPECT_EQ(sent_to_2, 4u);
  one.receive(ack(one, 2, 3));
  const auto more = one.take_sent(message_type::append_request);
  ASSERT_EQ(more.size(), 1u);
  EXPECT_EQ(more[0].index, log_index(5));
  EXPECT_EQ(more[0].entries.size(), 6u) << "what waited goes out together";
}

// Pitfall 21: everything in flight is lost, and the window is full.
TEST(window, heartbeats_find_out_that_everything_in_flight_was_lost) {
  node_options options;
  options.inflight_appends_most = 2;
  test_group group(3, options);
  group.elect_this(1);
  group.cut(1, 2);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(group[1].core().propose(records("x", i)));
    group.deliver_all();
  }
  EXPECT_NE(group[2].terms(), group[1].terms());
  group.heal();
  group.pass(500);
  EXPECT_EQ(group[2].terms(), group[1].terms());
}

// Pitfalls 24 and 25: packing by size leaves nothing out, and one entry is always small enough.
TEST(window, appends_are_packed_by_size_and_an_entry_above_it_travels_alone) {
  node_options options;
  options.append_bytes_most = 400;
  test_replica one(replica(1), voters({1, 2, 3}), {}, {}, log_index(0), options);
  lead_with_answers(one);
  std::int64_t offset = 0;
  for (const std::size_t size : {10, 10, 10, 5000, 10, 10})
    ASSERT_TRUE(one.core().propose(records(std::string(size, 'x'), offset++)));
  std::vector<std::size_t> packed;
  log_index next(2);
  for (const message& m : one.take_sent(message_type::append_request)) {
    if (m.to != replica(2)) continue;
    EXPECT_EQ(m.index + 1, next);
    for (const entry& e : m.entries) {
      EXPECT_EQ(e.index, next);
      ++next;
    }
    packed.push_back(m.entries.size());
  }
  EXPECT_EQ(packed, (std::vector<std::size_t>{3, 1, 2}));
}

// Pitfall 18.
TEST(window, stale_rejection_moves_nothing_below_what_matches) {
  test_replica one(replica(1), voters({1, 2, 3}));
  lead_with_answers(one);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(one.core().propose(records("x", i)));
    one.handle_work();
  }
  one.receive(ack(one, 2, 4));
  message stale = ack(one, 2, 2);
  stale.rejected = true;
  one.receive(stale);
  for (const peer_progress& progress : one.core().status().progress) {
    if (progress.replica != replica(2)) continue;
    EXPECT_EQ(progress.match, log_index(4));
    EXPECT_EQ(progress.next, log_index(7));
  }
  message lost = ack(one, 2, 5);
  lost.rejected = true;
  lost.hint_index = log_index(1);
  lost.hint_term = term_number(1);
  one.receive(lost);
  for (const peer_progress& progress : one.core().status().progress)
    if (progress.replica == replica(2)) EXPECT_GT(progress.next, progress.match);
}

// Pitfall 19.
TEST(window, answer_to_what_was_sent_in_an_earlier_term_is_dropped) {
  test_replica one(replica(1), voters({1, 2, 3}));
  lead_with_answers(one);
  ASSERT_TRUE(one.core().propose(records("x", 0)));
  one.handle_work();
  const message late = ack(one, 2, 2);
  message newer = one.from(3, message_type::heartbeat_request);
  newer.term = term_number(9);
  one.receive(newer);
  one.receive(late);
  EXPECT_EQ(one.core().commit_index(), log_index(1));
}

TEST(window, connection_that_comes_back_is_sent_everything_unanswered_at_once) {
  test_replica one(replica(1), voters({1, 2, 3}));
  lead_with_answers(one);
  ASSERT_TRUE(one.core().propose(records("x", 0)));
  one.handle_work();
  (void)one.take_sent();
  one.core().peer_down(broker_id(2), peer_loss::reset);
  ASSERT_TRUE(one.core().propose(records("x", 1)));
  for (const message& m : one.take_sent(message_type::append_request)) EXPECT_NE(m.to, replica(2));
  one.core().peer_up(broker_id(2));
  const auto again = one.take_sent(message_type::append_request);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].index, log_index(1));
  EXPECT_EQ(again[0].entries.size(), 2u);
}

// Pitfall 23: without a quorum nothing grows without bound, not across terms either.
TEST(window, uncommitted_bytes_are_bounded_and_counted_exactly) {
  node_options options;
  options.uncommitted_bytes_most = 1000;
  test_replica one(replica(1), voters({1, 2, 3}), {}, {}, log_index(0), options);
  lead_with_answers(one);
  std::int64_t offset = 0;
  const auto propose_100 = [&] {
    const auto done = one.core().propose(records(std::string(100 - entry_header_bytes, 'x'), offset));
    if (done) ++offset;
    return done;
  };
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(propose_100()) << i;
  EXPECT_EQ(propose_100().error().code, error_code::overloaded);
  one.receive(ack(one, 2, 6));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(propose_100()) << i;
  EXPECT_FALSE(propose_100());
  // It steps down and leads again: what is uncommitted still counts.
  one.pass(1100);
  one.become_leader();
  EXPECT_EQ(propose_100().error().code, error_code::overloaded);
}

}  // namespace
}  // namespace marquee::raft::testing
