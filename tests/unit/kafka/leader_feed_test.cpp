#include "kafka/leader_feed.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "kafka/cluster_client.h"
#include "net/cluster_secret.h"
#include "net/event_loop.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/wake_point.h"

namespace marquee::kafka {
namespace {
using namespace std::chrono_literals;

const group_id partition{uuid{{7}}, partition_id(0)};

/// Answers the feed's questions: the first one at once, the next ones when it has news.
class feeding_broker {
 public:
  explicit feeding_broker(net::event_loop& loop)
      : server_(*net::http_server::start(loop, net::listener_options{}, {},
                                         [this](net::http_exchange& exchange) { return answer(exchange); })) {
  }
  ~feeding_broker() { server_->stop(); }

  [[nodiscard]] net::endpoint where() const { return {"127.0.0.1", server_->port()}; }
  void tell(int term, int leader) {
    leader_ = leader;
    term_ = term;
    version_ = version_ + 1;
    news_.wake_all();
  }
  [[nodiscard]] int questions() const { return questions_; }

 private:
  net::task<net::http_response> answer(net::http_exchange& exchange) {
    ++questions_;
    const bool first = exchange.request.target.contains("since=0&");
    const std::uint64_t seen = news_.generation();
    if (!first)
      static_cast<void>(co_await news_.wait(seen, net::deadline::never(), exchange.client_gone_token()));
    net::http_response response;
    response.body = R"({"version":)" + std::to_string(version_) + R"(,"leaders":[{"topic_id":")" +
                    to_string(partition.topic_id) + R"(","partition":0,"term":)" + std::to_string(term_) +
                    R"(,"leader":)" + std::to_string(leader_) + "}]}";
    co_return response;
  }

  std::atomic<int> version_ = 1, term_ = 1, leader_ = 1, questions_ = 0;
  net::wake_point news_;
  std::unique_ptr<net::http_server> server_;
};

class leader_feed_test : public testing::Test {
 protected:
  leader_feed_test() {
    client_loop.spawn_and_wait([this]() -> net::task<void> {
      client = std::make_unique<cluster_client>(client_loop, cluster_client_options{});
      http = std::make_unique<net::http_client>(client_loop);
      feed = std::make_unique<leader_feed>(client_loop, *http, secret, *client,
                                           leader_feed_options{.poll_ms = 60'000, .pause_ms = 5});
      co_return;
    });
  }
  ~leader_feed_test() override {
    client_loop.spawn_and_wait([this]() -> net::task<void> {
      feed.reset();
      client->close();
      co_return;
    });
    // What the feed still waits for refers to `http`, which must outlive the thread.
    client_loop.stop();
  }

  void follow(std::vector<net::endpoint> brokers) {
    client_loop.spawn_and_wait([&]() -> net::task<void> {
      feed->set_brokers(brokers);
      feed->start();
      co_return;
    });
  }
  std::optional<broker_id> known_leader() {
    std::optional<broker_id> known;
    client_loop.spawn_and_wait([&]() -> net::task<void> {
      known = client->known_leader(partition);
      co_return;
    });
    return known;
  }
  /// False after ten seconds.
  static bool wait_until(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!condition() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return condition();
  }

  net::event_loop broker_loop{"broker"};
  net::event_loop client_loop{"client"};
  net::cluster_secret secret{"a secret of this test"};
  feeding_broker one{broker_loop};
  feeding_broker two{broker_loop};
  std::unique_ptr<cluster_client> client;
  std::unique_ptr<net::http_client> http;
  std::unique_ptr<leader_feed> feed;
};

TEST_F(leader_feed_test, news_of_either_broker_counts_while_the_other_one_is_silent) {
  follow({one.where(), two.where()});
  ASSERT_TRUE(wait_until([&] { return one.questions() == 2 && two.questions() == 2; }));
  EXPECT_EQ(known_leader(), broker_id(1));
  two.tell(2, 2);
  EXPECT_TRUE(wait_until([&] { return known_leader() == broker_id(2); }));
  one.tell(3, 3);
  EXPECT_TRUE(wait_until([&] { return known_leader() == broker_id(3); }));
}

TEST_F(leader_feed_test, news_that_come_late_do_not_undo_newer_ones) {
  follow({one.where(), two.where()});
  ASSERT_TRUE(wait_until([&] { return one.questions() == 2 && two.questions() == 2; }));
  two.tell(3, 3);
  ASSERT_TRUE(wait_until([&] { return known_leader() == broker_id(3); }));
  one.tell(2, 2);
  ASSERT_TRUE(wait_until([&] { return one.questions() == 3; }));
  EXPECT_EQ(known_leader(), broker_id(3));
}

TEST_F(leader_feed_test, one_broker_is_asked_once_at_a_time) {
  follow({one.where()});
  ASSERT_TRUE(wait_until([&] { return one.questions() >= 2; }));
  one.tell(2, 2);
  ASSERT_TRUE(wait_until([&] { return known_leader() == broker_id(2) && one.questions() >= 3; }));
  EXPECT_EQ(one.questions(), 3) << "a second poll asked the same broker";
}

}  // namespace
}  // namespace marquee::kafka
