#include <filesystem>
#include <fstream>

#include "tests/unit/raft/runtime/cluster_fixture.h"

namespace marquee::raft {
namespace {

using namespace testing;

class repair_test : public cluster {
 protected:
  static void flip_a_bit(const std::string& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(std::filesystem::file_size(path) / 2);
    char octet = 0;
    file.seekg(middle);
    file.read(&octet, 1);
    octet = static_cast<char>(octet ^ 4);
    file.seekp(middle);
    file.write(&octet, 1);
    ASSERT_TRUE(file.good()) << path;
  }
  [[nodiscard]] std::string first_segment(int number) const {
    const std::string data = brokers.at(number).data_dir + "/data";
    for (const auto& each : std::filesystem::recursive_directory_iterator(data))
      if (each.path().extension() == ".segment") return each.path();
    return "";
  }
};

TEST_F(repair_test, replica_that_met_damage_is_opened_anew_and_filled_again) {
  const group_id group = group_of(0);
  create(group);
  std::vector<std::string> expected;
  for (int i = 0; i < 60; ++i) {
    expected.push_back("text " + std::to_string(i) + std::string(300, 'x'));
    propose_until_acknowledged(group, expected.back());
  }
  const int victim = wait_for_leader(group) % 3 + 1;
  // A planned stop moves everything into segments.
  brokers[victim].host->stop();
  brokers[victim].host.reset();
  restart(victim);
  ASSERT_TRUE(eventually([&] { return brokers[victim].machine(group).texts() == expected; }));
  ASSERT_EQ(brokers[victim].host->repair_replica(group).error().code, error_code::refused) << "it is well";

  flip_a_bit(first_segment(victim));
  const auto who = brokers[victim].host->find(group);
  who->loop().run_and_wait([&] {
    for (std::int64_t from = 1; from <= 60; ++from)
      (void)who->log().read(log_index(from), log_index(from + 1), 1 << 20).has_value();
  });
  ASSERT_TRUE(eventually([&] {
    bool fenced = false;
    who->loop().run_and_wait([&] { fenced = !who->fenced().empty(); });
    return fenced;
  }));
  propose_until_acknowledged(group, "the others go on");
  expected.emplace_back("the others go on");

  const result<> repaired = brokers[victim].host->repair_replica(group);
  ASSERT_TRUE(repaired) << repaired.error().message;
  EXPECT_NE(brokers[victim].host->find(group), who);
  EXPECT_TRUE(eventually([&] { return brokers[victim].machine(group).texts() == expected; }));
  const auto gauge = [&](const char* name) { return brokers[victim].metrics->gauge(name, "").value(); };
  EXPECT_TRUE(eventually([&] { return gauge("marquee_raft_groups_in_doubt") == 0; }));
  EXPECT_EQ(gauge("marquee_raft_groups_fenced"), 0);
  EXPECT_EQ(gauge("marquee_raft_groups"), 1);

  // It counts again: with it alone beside the leader there is a majority.
  const int third = 6 - victim - wait_for_leader(group);
  if (third >= 1 && third <= 3 && third != victim) crash(third);
  propose_until_acknowledged(group, "with the repaired one");
  expected.emplace_back("with the repaired one");
  EXPECT_TRUE(eventually([&] { return brokers[victim].machine(group).texts() == expected; }));
  crash(victim);
  restart(victim);
  EXPECT_TRUE(eventually([&] { return brokers[victim].machine(group).texts() == expected; }));
}

}  // namespace
}  // namespace marquee::raft
