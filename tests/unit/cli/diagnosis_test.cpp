#include "cli/diagnosis.h"

#include <gmock/gmock.h>

#include "cli/event_follower.h"
#include "cli/metrics_text.h"

namespace marquee::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

process_facts process(const std::string& name, const std::string& role, std::int64_t broker_id = 0) {
  process_facts one;
  one.name = name;
  one.role = role;
  one.http = "127.0.0.1:" + std::to_string(9000 + broker_id);
  one.broker_id = broker_id;
  one.runs = one.answers = one.ready = true;
  one.version = "1.0";
  one.clock_offset_ms = 1;
  return one;
}

json replica(int broker, const std::string& role) {
  return {{"topic", "orders"}, {"topic_id", "x"}, {"partition", 0},   {"broker_id", broker},
          {"role", role},      {"term", 3},       {"fenced", nullptr}};
}

class diagnosis : public ::testing::Test {
 protected:
  diagnosis() {
    for (int id = 1; id <= 3; ++id) {
      facts.processes.push_back(process("broker-" + std::to_string(id), "broker", id));
      facts.replicas.push_back(replica(id, id == 1 ? "leader" : "follower"));
      for (int other = 1; other <= 3; ++other)
        if (other != id) facts.connections[id].insert(other);
    }
    facts.processes.push_back(process("wm-1", "write_manager"));
    facts.processes.push_back(process("lb-1", "load_balancer"));
    facts.secrets.push_back({"secrets/cluster_secret", 0600});
  }
  /// The one finding that is not good.
  finding only_problem() {
    finding found;
    int problems = 0;
    for (const finding& each : diagnose(facts)) {
      if (each.level == severity::good) continue;
      found = each;
      ++problems;
    }
    EXPECT_EQ(problems, 1);
    EXPECT_FALSE(found.meaning.empty());
    EXPECT_FALSE(found.advice.empty());
    return found;
  }
  cluster_facts facts;
};

TEST_F(diagnosis, has_a_good_line_for_each_check_of_a_healthy_cluster) {
  const auto all = diagnose(facts);
  EXPECT_EQ(all.size(), 10U);
  for (const finding& each : all) EXPECT_EQ(each.level, severity::good) << each.check << each.what;
}

TEST_F(diagnosis, tells_a_process_that_died_from_one_that_hangs) {
  facts.processes[4].answers = facts.processes[4].ready = false;
  EXPECT_THAT(only_problem().what, HasSubstr("runs but does not answer"));
  facts.processes[4].runs = false;
  EXPECT_THAT(only_problem().what, HasSubstr("does not run"));
  EXPECT_EQ(only_problem().level, severity::critical) << "the only load balancer";
}

TEST_F(diagnosis, sees_a_partition_without_leader) {
  facts.replicas[0]["role"] = "follower";
  EXPECT_EQ(only_problem().check, "partitions");
  EXPECT_EQ(only_problem().level, severity::critical);
  EXPECT_THAT(only_problem().what, HasSubstr("orders/0"));
}

TEST_F(diagnosis, sees_a_replica_that_its_leader_does_not_hear_from) {
  facts.replicas[0]["progress"] = json::array({{{"voter", true}, {"active", false}}});
  EXPECT_EQ(only_problem().level, severity::warning);
}

TEST_F(diagnosis, says_why_a_replica_is_fenced) {
  facts.replicas[1]["fenced"] = "segment 7 is damaged";
  EXPECT_THAT(only_problem().what, HasSubstr("segment 7 is damaged"));
  EXPECT_EQ(only_problem().subject, "orders/0 on broker 2");
}

TEST_F(diagnosis, sees_brokers_that_do_not_reach_each_other) {
  facts.connections[2].erase(3);
  EXPECT_EQ(only_problem().subject, "broker 2");
  EXPECT_THAT(only_problem().what, HasSubstr("broker 3"));
}

TEST_F(diagnosis, sees_a_disk_that_is_nearly_full) {
  auto& metrics = facts.processes[0].metrics;
  metrics["marquee_broker_disk_size_bytes"] = 100e9;
  metrics["marquee_broker_disk_free_bytes"] = 50e9;
  for (const finding& each : diagnose(facts)) EXPECT_EQ(each.level, severity::good) << each.what;
  metrics["marquee_broker_disk_free_bytes"] = 8e9;
  EXPECT_EQ(only_problem().level, severity::warning);
  metrics["marquee_broker_disk_free_bytes"] = 1e9;
  EXPECT_EQ(only_problem().level, severity::critical);
  EXPECT_EQ(only_problem().check, "disk");
  metrics["marquee_broker_disk_free_bytes"] = 50e9;
  metrics["marquee_broker_disk_low"] = 1;
  EXPECT_THAT(only_problem().what, HasSubstr("stands aside")) << "however large the rest is";
}

TEST_F(diagnosis, believes_the_managers_about_postgresql) {
  facts.processes[3].metrics["marquee_write_manager_postgres_up"] = 0;
  EXPECT_EQ(only_problem().check, "postgresql");
  facts.processes[3].metrics["marquee_write_manager_postgres_up"] = 1;
  for (const finding& each : diagnose(facts)) EXPECT_EQ(each.level, severity::good);
}

TEST_F(diagnosis, sees_clocks_versions_secrets_listeners_and_limits) {
  facts.processes[0].clock_offset_ms = -700;
  EXPECT_EQ(only_problem().check, "clocks");
  facts.processes[0].clock_offset_ms = 0;
  facts.processes[0].version = "0.9";
  EXPECT_EQ(only_problem().check, "versions");
  facts.processes[0].version = "1.0";
  facts.secrets[0].mode = 0644;
  EXPECT_EQ(only_problem().level, severity::critical);
  facts.secrets[0].mode = 0600;
  facts.open_listeners = {"broker-1 kafka 10.0.0.1:9092"};
  EXPECT_EQ(only_problem().check, "access");
  facts.open_listeners.clear();
  facts.processes[0].metrics = {{"marquee_process_open_files", 900},
                                {"marquee_process_open_files_limit", 1000}};
  EXPECT_EQ(only_problem().check, "limits");
}

TEST(metrics_text, reads_sums_and_the_release) {
  const auto read = read_metrics_text(
      "# HELP a x\n# TYPE a counter\na{b=\"1\"} 2\na{b=\"2\"} 3\nmarquee_build_info{version=\"1.2\"} 1\nc "
      "4.5");
  EXPECT_EQ(read.values.at("a"), 5);
  EXPECT_EQ(read.values.at("c"), 4.5);
  EXPECT_EQ(read.version, "1.2");
}

TEST(event_parser, reads_events_however_they_are_cut) {
  const std::string text =
      "retry: 1000\n\nid: 7\nevent: a\ndata: {\"x\":1}\n\n: keep-alive\n\nid: 8\r\nevent: b\r\ndata: "
      "two\r\n\r\nid: 9\n";
  for (const std::size_t piece : {1U, 3U, 1000U}) {
    event_parser parser;
    std::vector<std::string> found;
    for (std::size_t at = 0; at < text.size(); at += piece)
      parser.put(std::string_view(text).substr(at, piece),
                 [&](const std::string& data) { found.push_back(data); });
    EXPECT_EQ(found, (std::vector<std::string>{"{\"x\":1}", "two"}));
    EXPECT_EQ(parser.last_id(), "8") << "one that is not complete does not count";
  }
}

}  // namespace
}  // namespace marquee::cli
