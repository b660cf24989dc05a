#include "db/metadata_copy.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace marquee::db {
namespace {

class metadata_copy_test : public ::testing::Test {
 protected:
  metadata_copy_test() {
    std::string pattern = (std::filesystem::temp_directory_path() / "marquee-copy-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~metadata_copy_test() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  static metadata_changes everything() {
    metadata_changes made;
    made.version = 42;
    made.cluster.cluster_id.octets.fill(1);
    made.cluster.id_key = {0, 7, 255};
    made.history.octets.fill(2);
    topic_row topic;
    topic.topic_id.octets.fill(3);
    topic.name = "orders";
    topic.config = {{"durability", "relaxed"}};
    topic.routing_epoch = 2;
    topic.created_ms = 5;
    topic.version = 41;
    topic.partitions = {
        {partition_id(0), {{broker_id(1), incarnation_id(9)}, {broker_id(2), incarnation_id(8)}}},
        {partition_id(1), {{broker_id(2), incarnation_id(8)}}}};
    made.topics = {topic};
    made.brokers = {{.id = broker_id(1),
                     .incarnation = incarnation_id(9),
                     .boot = boot_count(3),
                     .host = "127.0.0.1",
                     .kafka_port = 65'535,
                     .raft_port = 2,
                     .http_port = 3,
                     .rack = "r",
                     .release = "0.1.0",
                     .version = 40}};
    made.deleted_producers = {1'000};
    made.deleted_consumers = {1, 2};
    return made;
  }

  std::filesystem::path folder_;
};

TEST_F(metadata_copy_test, reads_back_what_was_saved) {
  const metadata_copy copy((folder_ / "made" / "on" / "the" / "way").string());
  ASSERT_TRUE(copy.save(everything()).has_value());
  const auto read = copy.load();
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->above, 0);
  EXPECT_EQ(read->version, 42);
  EXPECT_EQ(read->cluster.cluster_id, everything().cluster.cluster_id);
  EXPECT_EQ(read->cluster.id_key, everything().cluster.id_key);
  EXPECT_EQ(read->history, everything().history);
  ASSERT_EQ(read->topics.size(), 1U);
  EXPECT_EQ(read->topics[0].name, "orders");
  EXPECT_EQ(read->topics[0].config, everything().topics[0].config);
  EXPECT_EQ(read->topics[0].partitions, everything().topics[0].partitions);
  EXPECT_EQ(read->topics[0].routing_epoch, 2);
  ASSERT_EQ(read->brokers.size(), 1U);
  EXPECT_EQ(read->brokers[0].kafka_port, 65'535);
  EXPECT_EQ(read->brokers[0].boot, boot_count(3));
  EXPECT_EQ(read->deleted_producers, everything().deleted_producers);
  EXPECT_EQ(read->deleted_consumers, everything().deleted_consumers);
}

TEST_F(metadata_copy_test, only_its_owner_can_read_it) {
  const std::string path = (folder_ / "copy").string();
  std::ofstream(path + ".new") << "left by a crash";
  ::chmod((path + ".new").c_str(), 0644);
  const metadata_copy copy(path);
  ASSERT_TRUE(copy.save(everything()).has_value());
  struct stat facts{};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
  ::chmod(path.c_str(), 0640);
  EXPECT_EQ(copy.load().error().code, error_code::refused);
}

TEST_F(metadata_copy_test, a_damaged_or_foreign_file_is_not_used) {
  const std::string path = (folder_ / "copy").string();
  const metadata_copy copy(path);
  EXPECT_EQ(copy.load().error().code, error_code::not_found);
  EXPECT_EQ(metadata_copy("").load().error().code, error_code::not_found);
  ASSERT_TRUE(copy.save(everything()).has_value());
  {
    std::fstream file(path, std::ios::in | std::ios::out);
    file.seekp(60);
    file.put('#');
  }
  EXPECT_EQ(copy.load().error().code, error_code::corrupt);
  const auto write = [&](const char* text) {
    std::ofstream(path, std::ios::trunc) << text;
    return copy.load().error().code;
  };
  EXPECT_EQ(write(""), error_code::corrupt);
  EXPECT_EQ(write("marquee-metadata-copy 2 00000000\n{}"), error_code::unsupported);
  EXPECT_EQ(write("marquee-metadata-copy 1 00000000\n"), error_code::corrupt);
}

}  // namespace
}  // namespace marquee::db
