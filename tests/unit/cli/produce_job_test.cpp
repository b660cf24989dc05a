#include "cli/produce_job.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/unit/client/scripted_server.h"

namespace marquee::cli {
namespace {

using client::answer;
using client::answer_failure;
using client::scripted_server;
using client::seen_request;
using nlohmann::json;

produce_options options_for(const scripted_server& server, std::int64_t connections) {
  return {.client = {.load_balancers = {server.url()},
                     .deadline_ms = 5'000,
                     .first_pause_ms = 1,
                     .longest_pause_ms = 2},
          .topic = "packages",
          .producer_id = "p-1",
          .connections = connections,
          .partition = std::nullopt};
}

void store(httplib::Response& out) {
  answer(out, 200, {{"partition", 0}, {"offset", 0}, {"timestamp", 1}});
}

void add(produce_job& job, std::int64_t number, std::optional<std::string> key) {
  input_record record{number, "v" + std::to_string(number), std::move(key)};
  while (!job.has_failed() && !job.add(record, 1000)) {
  }
}

TEST(produce_job, stores_every_record_once_and_each_key_in_order) {
  scripted_server server([](std::size_t, const seen_request&, httplib::Response& out) { store(out); });
  produce_job job(options_for(server, 4));
  for (std::int64_t i = 0; i < 300; ++i)
    add(job, i, i % 3 == 0 ? std::nullopt : std::optional("k" + std::to_string(i % 7)));
  job.finish([] {});
  EXPECT_FALSE(job.failure());
  EXPECT_EQ(job.stored_below(), 300);
  EXPECT_EQ(job.figures().records, 300);
  std::map<std::string, std::int64_t> last_of_key;
  for (const auto& seen : server.seen()) {
    if (!seen.body.contains("key")) continue;
    const auto key = seen.body["key"].get<std::string>();
    const auto sequence = seen.body["sequence"].get<std::int64_t>();
    if (last_of_key.contains(key)) {
      EXPECT_GT(sequence, last_of_key[key]) << key;
    }
    last_of_key[key] = sequence;
  }
  EXPECT_EQ(last_of_key.size(), 7U);
}

TEST(produce_job, repeats_with_the_same_sequence_and_counts_what_was_there_already) {
  scripted_server server([](std::size_t number, const seen_request&, httplib::Response& out) {
    if (number == 0) return answer_failure(out, 503, "NOT_ENOUGH_REPLICAS", true, "unknown");
    answer(out, 200, {{"partition", 0}, {"offset", 0}, {"timestamp", 1}, {"duplicate", number == 1}});
  });
  produce_job job(options_for(server, 1));
  add(job, 0, std::nullopt);
  add(job, 1, std::nullopt);
  job.finish([] {});
  EXPECT_EQ(job.repeated_attempts(), 1);
  EXPECT_EQ(job.duplicates(), 1);
  EXPECT_EQ(server.seen()[0].body["sequence"], server.seen()[1].body["sequence"]);
}

TEST(produce_job, stops_at_the_first_failure_and_knows_where_to_go_on) {
  scripted_server server([](std::size_t, const seen_request& seen, httplib::Response& out) {
    if (seen.body["sequence"] == 5) return answer_failure(out, 413, "MESSAGE_TOO_LARGE", false, "definite");
    store(out);
  });
  produce_job job(options_for(server, 1));
  for (std::int64_t i = 0; i < 200; ++i) add(job, i, std::nullopt);
  job.finish([] {});
  ASSERT_TRUE(job.failure());
  EXPECT_EQ(job.failure()->code, "MESSAGE_TOO_LARGE");
  EXPECT_EQ(job.stored_below(), 5);
}

TEST(produce_job, goes_on_where_an_earlier_run_stopped) {
  scripted_server server([](std::size_t, const seen_request&, httplib::Response& out) { store(out); });
  produce_job job(options_for(server, 2));
  job.begin_at(10);
  for (std::int64_t i = 10; i < 15; ++i) add(job, i, std::nullopt);
  job.finish([] {});
  EXPECT_EQ(job.stored_below(), 15);
}

}  // namespace
}  // namespace marquee::cli
