#include "base/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/base/temporary_folder.h"

namespace marquee {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A schema with one key of each type, and a file to load.
class config : public ::testing::Test {
 protected:
  config() {
    schema_.integer("raft.heartbeat_ms", heartbeat_ms_, 1, 1000, "Time between heartbeats.");
    schema_.text("data_dir", data_dir_, "Where the log is.");
    schema_.flag("insecure_network", insecure_, "Listen elsewhere than on loopback.");
    schema_.text_list("write_managers", managers_, "Their addresses.");
  }
  result<> load(const std::string& content) {
    std::ofstream(path_) << content;
    return schema_.load_file(path_);
  }
  /// The message with which `content` is refused.
  std::string refusal(const std::string& content) {
    const auto loaded = load(content);
    return loaded ? "it was accepted" : loaded.error().message;
  }

  temporary_folder folder_;
  std::string path_ = folder_.at("broker.toml");
  std::int64_t heartbeat_ms_ = 100;
  std::string data_dir_ = "data";
  bool insecure_ = false;
  std::vector<std::string> managers_ = {"127.0.0.1:8101"};
  config_schema schema_;
};

TEST_F(config, reads_every_type) {
  ASSERT_TRUE(
      load("data_dir = \"/var/lib/marquee\"\ninsecure_network = true\n"
           "write_managers = [\"a:1\", \"b:2\"]\n[raft]\nheartbeat_ms = 50\n"));
  EXPECT_EQ(heartbeat_ms_, 50);
  EXPECT_EQ(data_dir_, "/var/lib/marquee");
  EXPECT_TRUE(insecure_);
  EXPECT_THAT(managers_, ElementsAre("a:1", "b:2"));
}

TEST_F(config, keeps_defaults_of_keys_that_are_not_there) {
  ASSERT_TRUE(load("# nothing\n"));
  EXPECT_EQ(heartbeat_ms_, 100);
}

TEST_F(config, takes_dotted_names_and_tables_alike) {
  ASSERT_TRUE(load("raft.heartbeat_ms = 7\n"));
  EXPECT_EQ(heartbeat_ms_, 7);
}

TEST_F(config, refuses_an_unknown_key_with_file_line_and_name) {
  EXPECT_THAT(refusal("data_dir = \"x\"\n\n[raft]\nheartbeet_ms = 5\n"),
              HasSubstr(path_ + ":4: raft.heartbeet_ms: unknown key"));
}

TEST_F(config, refuses_wrong_types) {
  EXPECT_THAT(refusal("[raft]\nheartbeat_ms = \"5\"\n"),
              HasSubstr(":2: raft.heartbeat_ms: must be of type integer"));
  EXPECT_THAT(refusal("data_dir = 5\n"), HasSubstr(":1: data_dir: must be of type text"));
  EXPECT_THAT(refusal("insecure_network = 1\n"), HasSubstr("must be of type flag"));
  EXPECT_THAT(refusal("write_managers = \"a\"\n"), HasSubstr("must be of type list of text"));
  EXPECT_THAT(refusal("write_managers = [1]\n"), HasSubstr("must be of type list of text"));
  EXPECT_THAT(refusal("[data_dir]\nx = 1\n"), HasSubstr("data_dir: must be of type text"));
}

TEST_F(config, refuses_values_out_of_range) {
  EXPECT_THAT(refusal("raft.heartbeat_ms = 0\n"), HasSubstr("0 is not within 1 to 1000"));
  EXPECT_THAT(refusal("raft.heartbeat_ms = 1001\n"), HasSubstr("1001 is not within 1 to 1000"));
}

TEST_F(config, refuses_what_is_not_toml_with_file_and_line) {
  EXPECT_THAT(refusal("data_dir = \"x\"\nraft = = 1\n"), HasSubstr(path_ + ":2: not TOML"));
  EXPECT_THAT(refusal("data_dir = \"x\"\ndata_dir = \"y\"\n"), HasSubstr("not TOML"));
}

TEST_F(config, says_that_a_file_is_missing) {
  const auto loaded = schema_.load_file(folder_.at("nowhere.toml"));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, error_code::not_found);
}

TEST_F(config, takes_assignments_from_the_command_line) {
  ASSERT_TRUE(schema_.assign("raft.heartbeat_ms=9"));
  ASSERT_TRUE(schema_.assign("write_managers=a:1,b:2"));
  ASSERT_TRUE(schema_.assign("data_dir=with=equals"));
  ASSERT_TRUE(schema_.assign("insecure_network=true"));
  EXPECT_EQ(heartbeat_ms_, 9);
  EXPECT_THAT(managers_, ElementsAre("a:1", "b:2"));
  EXPECT_EQ(data_dir_, "with=equals");
  EXPECT_TRUE(insecure_);
}

TEST_F(config, refuses_bad_assignments) {
  for (const char* bad :
       {"data_dir", "nothing=1", "raft.heartbeat_ms=ten", "raft.heartbeat_ms=1x",
        "raft.heartbeat_ms=", "raft.heartbeat_ms=99999999999999999999", "insecure_network=yes"}) {
    const auto assigned = schema_.assign(bad);
    ASSERT_FALSE(assigned) << bad;
    EXPECT_EQ(assigned.error().code, error_code::invalid_argument);
  }
}

TEST_F(config, lists_every_key_in_its_reference) {
  const std::string reference = schema_.reference();
  EXPECT_THAT(reference,
              HasSubstr("| `raft.heartbeat_ms` | integer | `100` | 1 to 1000 | Time between heartbeats. |"));
  EXPECT_THAT(reference, HasSubstr("| `insecure_network` | flag | `false` |"));
}

}  // namespace
}  // namespace marquee
