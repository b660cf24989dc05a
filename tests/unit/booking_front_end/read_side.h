#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "booking_app/front_end/front_end_context.h"
#include "log_writer.h"
#include "net/event_loop.h"
#include "net/http_router.h"

namespace marquee::booking {

/// What handlers see of one request.
class asked_exchange final : public net::http_exchange {
 public:
  net::task<result<>> send_interim(int) override { co_return result<>{}; }
  void show_life_every_ms(std::int64_t) override {}
  [[nodiscard]] std::stop_token client_gone_token() const override { return gone.get_token(); }
  [[nodiscard]] bool stopping() const override { return false; }
  std::stop_source gone;
};

/// Nothing here submits commands.
class no_submission final : public submission {
 public:
  net::task<std::variant<submitted_answer, submission_failure>> submit(command_draft,
                                                                       std::stop_token) override {
    co_return submission_failure::stopping;
  }
  net::task<std::variant<submitted_answer, submission_failure>> submit_and_wait(command_draft, std::int64_t,
                                                                                std::stop_token) override {
    co_return submission_failure::stopping;
  }
  [[nodiscard]] std::size_t under_way() const override { return 0; }
};

/// A front end without processes around it: records are written and voted on by the test.
class read_side : public ::testing::Test {
 protected:
  using json = nlohmann::json;

  read_side() {
    static int count = 0;
    folder = ::testing::TempDir() + "marquee_read_side_" + std::to_string(getpid()) + "_" +
             std::to_string(++count);
    std::filesystem::remove_all(folder);
    options.process.name = "fe-1";
  }
  void SetUp() override { open(); }
  ~read_side() override {
    loop.stop();
    followers.reset();
    std::filesystem::remove_all(folder);
  }
  /// Opens what is in the folder, as a process does that starts, and gives it the log up to now.
  void open(std::optional<machine> snapshot = std::nullopt) {
    loop.run_and_wait([&] {
      context.reset();
      observed.reset();
      followers.reset();
      auto opened = record_followers::open(loop, folder);
      ASSERT_TRUE(opened.has_value());
      followers = std::move(*opened);
      observed = std::make_unique<observer>(followers->begin(std::move(snapshot)), time,
                                            [](const std::string& why) { ADD_FAILURE() << why; });
      observed->on_applied(
          [this](const record& what, const outcome& result) { followers->note(what, result); });
      router = std::make_unique<net::http_router>("booking_front_end/fe-1");
      context = std::make_unique<front_end_context>(
          front_end_context{options, loop, client, *observed, *followers, commands, replicas, ledger,
                            [](const ledger_entry&) {}, time, metrics});
      add_routes();
      if (log.newest() >= 0) {
        observed->take(written);
        observed->confirm(log.newest(), log.digest_at(log.newest()));
      }
    });
  }
  virtual void add_routes() = 0;

  /// Writes a command and lets a majority vote on it; its offset.
  std::int64_t send(const std::string& client_id, const std::string& type, const json& body,
                    const json& more = json::object()) {
    json command{{"v", 1}, {"type", type}, {"client_id", client_id}, {"seq", ++sequence}, {"body", body}};
    command.update(more);
    return write(command.dump());
  }
  std::int64_t write(const std::string& text) {
    std::vector<logged_message> one{log.append(text)};
    written.push_back(one.front());
    loop.run_and_wait([&] {
      observed->take(std::move(one));
      observed->confirm(log.newest(), log.digest_at(log.newest()));
    });
    return log.newest();
  }
  void add_show(const std::string& id) {
    send("admin", "show.add",
         {{"show_id", id},
          {"movie", "Dune"},
          {"hall", "1"},
          {"starts_at_ms", 9'000'000'000'000},
          {"rows", 2},
          {"cols", 3}});
  }
  void reserve(const std::string& client_id, const std::string& show, const std::string& seat) {
    send(client_id, "seat.reserve", {{"show_id", show}, {"seats", json::array({seat})}});
  }

  net::http_response get(const std::string& target, net::http_headers headers = {}) {
    asked_exchange exchange;
    exchange.request.target = target;
    exchange.request.headers = std::move(headers);
    EXPECT_TRUE(net::split_target(exchange.request).has_value());
    net::http_response response;
    loop.spawn_and_wait([&]() -> net::task<> { response = co_await router->handle(exchange); });
    return response;
  }
  json get_json(const std::string& target, net::http_headers headers = {}) {
    return json::parse(get(target, std::move(headers)).body);
  }

  std::string folder;
  front_end_options options;
  system_clock time;
  metrics_registry metrics;
  log_writer log;
  std::vector<logged_message> written;
  int sequence = 0;
  net::event_loop loop{"test"};
  net::http_client client{loop};
  no_submission commands;
  replica_client replicas{client, {}};
  replica_ledger ledger{std::vector<std::string>{"r1", "r2"}};
  std::unique_ptr<record_followers> followers;
  std::unique_ptr<observer> observed;
  std::unique_ptr<front_end_context> context;
  std::unique_ptr<net::http_router> router;
};

}  // namespace marquee::booking
