#include "broker/registration_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "../base/temporary_folder.h"
#include "net/event_loop.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace marquee::broker {
namespace {

using nlohmann::json;

constexpr std::int64_t patience_ms = 20'000;

/// A write manager that registers whoever asks, and one broker that says something to it.
class registration_loop_test : public ::testing::Test {
 protected:
  explicit registration_loop_test(std::vector<std::string> refused_fields = {})
      : refused_fields_(std::move(refused_fields)) {
    auto started = net::http_server::start(
        manager_loop_, {}, {}, [this](net::http_exchange& exchange) -> net::task<net::http_response> {
          co_return answer(exchange);
        });
    server_ = std::move(*started);
    managers_.emplace(broker_loop_, http_, secret_,
                      std::vector<net::endpoint>{{"127.0.0.1", server_->port()}});
    what_.host = "127.0.0.1";
    what_.connected_peers = [] { return std::vector{broker_id(2), broker_id(3)}; };
    registration_.emplace(broker_loop_, *managers_, reserve_, what_, 5);
  }
  ~registration_loop_test() override {
    registration_->stop();
    server_->stop(0);
    manager_loop_.stop();
    broker_loop_.stop();
  }

  net::http_response answer(const net::http_exchange& exchange) {
    if (exchange.request.path != "/broker") return net::json_response("{}", 503);
    const std::lock_guard lock(mutex_);
    heard_.push_back(json::parse(exchange.request.body));
    if (runs_twice_) return net::json_response(R"({"code":"BROKER_RUNS_TWICE","message":"two of you"})", 409);
    for (const std::string& field : refused_fields_)
      if (heard_.back().contains(field)) return net::json_response(R"({"code":"BAD_REQUEST"})", 400);
    return net::json_response(
        R"({"status":"success","broker_id":1,"cluster_id":"11111111-1111-4111-8111-111111111111"})");
  }

  /// The first heartbeat that is as wanted.
  template <class Check>
  json wait_for(Check check) {
    for (const net::deadline end = net::deadline::in_ms(patience_ms); !end.passed();) {
      const std::lock_guard lock(mutex_);
      for (const json& beat : heard_)
        if (check(beat)) return beat;
    }
    ADD_FAILURE() << "no such heartbeat came";
    return {};
  }
  std::size_t heard() {
    const std::lock_guard lock(mutex_);
    return heard_.size();
  }

  void start() {
    registration_->start(what_, [this](const error& why) {
      const std::lock_guard lock(mutex_);
      told_to_stop_ = why.message;
    });
  }

  std::vector<std::string> refused_fields_;
  bool runs_twice_ = false;
  std::string told_to_stop_;
  std::mutex mutex_;
  std::vector<json> heard_;
  temporary_folder folder_;
  net::event_loop manager_loop_{"manager"};
  net::event_loop broker_loop_{"broker"};
  net::http_client http_{broker_loop_};
  net::cluster_secret secret_;
  producer_id_reserve reserve_{system_file_system(), folder_.at("ids")};
  std::unique_ptr<net::http_server> server_;
  std::optional<manager_client> managers_;
  broker_announcement what_;
  std::optional<registration_loop> registration_;
};

TEST_F(registration_loop_test, tells_which_peers_it_is_connected_to) {
  start();
  const json beat = wait_for([](const json&) { return true; });
  EXPECT_EQ(beat["connected_peers"], json({2, 3}));
  EXPECT_FALSE(beat.contains("stopping"));
}

TEST_F(registration_loop_test, tells_that_its_disk_is_full_while_it_is) {
  const auto full = std::make_shared<std::atomic<bool>>(false);
  what_.disk_full = [full] { return full->load(); };
  start();
  wait_for([](const json& beat) { return !beat.contains("disk"); });
  *full = true;
  wait_for([](const json& beat) { return beat.value("disk", "") == "full"; });
}

TEST_F(registration_loop_test, names_its_process_and_stops_when_a_manager_knows_another_one) {
  what_.process = {boot_count(3), process_id(99)};
  start();
  EXPECT_EQ(wait_for([](const json&) { return true; })["process"], 99);
  {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(told_to_stop_, "");
    runs_twice_ = true;
  }
  wait_for([&](const json&) { return !told_to_stop_.empty(); });
  EXPECT_NE(told_to_stop_.find("two of you"), std::string::npos);
}

TEST_F(registration_loop_test, gets_no_identity_from_a_manager_that_knows_another_process) {
  runs_twice_ = true;
  const auto given = registration_->obtain_identity([] { return false; });
  ASSERT_FALSE(given.has_value());
  EXPECT_EQ(given.error().code, error_code::conflict);
}

TEST_F(registration_loop_test, tells_that_it_stops_until_it_has_stopped) {
  start();
  wait_for([](const json& beat) { return !beat.contains("stopping"); });
  registration_->announce_stopping();
  wait_for([](const json& beat) { return beat.value("stopping", false); });
}

class registration_with_older_manager : public registration_loop_test {
 protected:
  registration_with_older_manager() : registration_loop_test({"connected_peers", "stopping"}) {}
};

TEST_F(registration_with_older_manager, tells_a_manager_that_refuses_the_form_the_basic_facts) {
  start();
  registration_->announce_stopping();
  wait_for([](const json& beat) { return !beat.contains("connected_peers") && !beat.contains("stopping"); });
  const std::size_t before = heard();
  wait_for([&](const json&) { return heard_.size() > before + 2; });
  const std::lock_guard lock(mutex_);
  for (std::size_t i = before; i < heard_.size(); ++i) EXPECT_FALSE(heard_[i].contains("connected_peers"));
}

}  // namespace
}  // namespace marquee::broker
