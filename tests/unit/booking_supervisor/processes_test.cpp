#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "booking_app/supervisor/cluster_file.h"
#include "booking_app/supervisor/process_launcher.h"
#include "booking_app/supervisor/process_record.h"
#include "booking_app/supervisor/replica_place.h"

namespace marquee::booking {
namespace {

namespace fs = std::filesystem;

class processes : public testing::Test {
 protected:
  processes() {
    fs::path pattern = fs::temp_directory_path() / "marquee_supervisor_XXXXXX";
    std::string text = pattern.string();
    folder = ::mkdtemp(text.data());
  }
  ~processes() override { fs::remove_all(folder); }

  [[nodiscard]] std::string path(const std::string& name) const { return (folder / name).string(); }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name)) << content;
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void note(pid_t pid, std::int64_t ticks) const {
    write("process.json",
          nlohmann::json{{"pid", pid}, {"start_ticks", ticks}, {"replica", "r1"}, {"incarnation", 3}}.dump());
  }

  fs::path folder;
};

TEST_F(processes, a_file_that_opens_and_cannot_be_read_names_nobody) {
  // As the files of a process do that ends in between.
  fs::create_directory(path("process.json"));
  EXPECT_FALSE(read_process_record(folder.string()));
}

TEST_F(processes, knows_this_very_process) {
  note(::getpid(), *start_ticks_of(::getpid()));
  const auto record = read_process_record(folder.string());
  ASSERT_TRUE(record);
  EXPECT_EQ(record->incarnation, 3);
  EXPECT_TRUE(is_alive(*record));
  EXPECT_FALSE(command_of(record->pid).empty());
}

TEST_F(processes, takes_no_later_process_with_the_same_id_for_the_one_that_was) {
  note(::getpid(), *start_ticks_of(::getpid()) + 1);
  EXPECT_FALSE(is_alive(*read_process_record(folder.string())));
}

TEST_F(processes, never_takes_a_damaged_record_for_a_process) {
  for (const std::string& text : {std::string(), std::string("{"), std::string("[]"),
                                  std::string(R"({"pid":1,"start_ticks":1,"incarnation":1})"),
                                  std::string(R"({"pid":-1,"start_ticks":1,"incarnation":1})"),
                                  std::string(R"({"pid":7,"incarnation":1})"),
                                  std::string(R"({"pid":99999999999,"start_ticks":1,"incarnation":1})")}) {
    write("process.json", text);
    EXPECT_FALSE(read_process_record(folder.string())) << text;
  }
  EXPECT_FALSE(read_process_record(path("nowhere")));
}

TEST_F(processes, holds_the_lock_as_long_as_the_launched_program_runs) {
  const launch_request request{.command = {"/bin/sh", "-c", "echo started; exec sleep 60"},
                               .lock_file = path("lock"),
                               .log_file = path("log")};
  EXPECT_FALSE(holder_of_lock(request.lock_file));
  const result<pid_t> child = launch_process(request);
  ASSERT_TRUE(child) << child.error().message;
  EXPECT_EQ(holder_of_lock(request.lock_file), *child);
  EXPECT_EQ(::getsid(*child), *child) << "a session of its own";
  const result<pid_t> second = launch_process(request);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, error_code::refused);
  ::kill(*child, SIGKILL);
  ::waitpid(*child, nullptr, 0);
  EXPECT_FALSE(start_ticks_of(*child));
  EXPECT_FALSE(holder_of_lock(request.lock_file));
}

TEST_F(processes, appends_the_programs_output_to_its_log) {
  write("log", "before\n");
  const result<pid_t> child = launch_process({.command = {"/bin/sh", "-c", "echo out; echo err >&2"},
                                              .lock_file = path("lock"),
                                              .log_file = path("log")});
  ASSERT_TRUE(child);
  ::waitpid(*child, nullptr, 0);
  EXPECT_EQ(read("log"), "before\nout\nerr\n");
}

TEST_F(processes, says_that_there_is_no_such_program) {
  const result<pid_t> child =
      launch_process({.command = {path("missing")}, .lock_file = path("lock"), .log_file = {}});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().code, error_code::not_found);
  EXPECT_FALSE(holder_of_lock(path("lock")));
}

TEST_F(processes, reads_where_a_replica_lives) {
  write(
      "r2.toml",
      "name = \"booking-replica-2\"\ndata_dir = \"/data/r2\"\n[http]\naddress = \"10.0.0.2\"\nport = 8402\n");
  const result<replica_place> place = read_replica_place("r2=" + path("r2.toml"));
  ASSERT_TRUE(place) << place.error().message;
  EXPECT_EQ(place->id, "r2");
  EXPECT_EQ(place->folder_of(4), "/data/r2/4");
  EXPECT_EQ(net::to_string(place->http), "10.0.0.2:8402");
}

TEST_F(processes, says_what_is_wrong_with_the_configuration_of_a_replica) {
  write("none.toml", "[http]\nport = 8402\n");
  write("broken.toml", "data_dir = \n");
  write("portless.toml", "data_dir = \"/data\"\n");
  for (const char* entry : {"r1", "=x", "r1="}) EXPECT_FALSE(read_replica_place(entry)) << entry;
  for (const char* name : {"none.toml", "broken.toml", "portless.toml", "missing.toml"}) {
    const result<replica_place> place = read_replica_place("r1=" + path(name));
    ASSERT_FALSE(place) << name;
    EXPECT_NE(place.error().message.find(name), std::string::npos) << place.error().message;
  }
}

TEST_F(processes, finds_the_folders_of_incarnations) {
  for (const char* name : {"10", "2", "0", "x", "3a", "-1"}) fs::create_directory(folder / name);
  const replica_place place{.id = "r1", .config_file = {}, .data_dir = folder.string()};
  EXPECT_EQ(incarnations_kept(place), (std::vector<std::int64_t>{2, 10}));
}

TEST_F(processes, keeps_the_cluster_file_true) {
  write(
      "cluster.json",
      R"({"load_balancers":["http://x"],"processes":[{"name":"broker-1","pid":5},)"
      R"({"name":"booking-replica-2","pid":7,"log":"/l","command":["nsenter","--net=n","/m","booking-replica","--config","c"]}]})");
  const cluster_file file(path("cluster.json"));
  EXPECT_EQ(file.log_of("booking-replica-2"), "/l");
  const std::vector<std::string> command = {"/m2", "booking-replica", "--set", "replica.incarnation=2"};
  EXPECT_EQ(*file.keep_true("booking-replica-2", 8, command), true);
  EXPECT_EQ(*file.keep_true("booking-replica-2", 8, command), false);
  EXPECT_EQ(*file.keep_true("booking-replica-9", 8, command), false);
  const auto document = nlohmann::json::parse(read("cluster.json"));
  EXPECT_EQ(document["processes"][0]["pid"], 5);
  EXPECT_EQ(document["processes"][1]["pid"], 8);
  EXPECT_EQ(
      document["processes"][1]["command"],
      nlohmann::json({"nsenter", "--net=n", "/m2", "booking-replica", "--set", "replica.incarnation=2"}));
  EXPECT_EQ(fs::status(path("cluster.json")).permissions() & fs::perms::others_read, fs::perms::none);
}

TEST_F(processes, says_that_a_cluster_file_is_no_such_file) {
  write("cluster.json", "{}");
  EXPECT_FALSE(cluster_file(path("cluster.json")).keep_true("x", 1, {"a", "b"}));
  EXPECT_EQ(cluster_file("").log_of("x"), "");
  EXPECT_EQ(*cluster_file("").keep_true("x", 1, {"a", "b"}), false);
}

}  // namespace
}  // namespace marquee::booking
