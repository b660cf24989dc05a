#include "cli/event_follower.h"

#include <fmt/format.h>
#include <httplib.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "net/endpoint.h"

namespace marquee::cli {

namespace {

constexpr std::chrono::milliseconds ask_interval{100};
constexpr std::chrono::milliseconds reconnect_after{500};
/// Brokers send a sign of life every 15 s.
constexpr int silence_most_s = 40;
constexpr int connect_most_s = 3;

/// One broker's thread.
class broker_follower {
 public:
  broker_follower(std::string broker, const event_subscription& wanted, std::mutex& printing)
      : broker_(std::move(broker)), wanted_(wanted), printing_(printing), thread_([this] { run(); }) {}
  ~broker_follower() {
    ending_ = true;
    {
      const std::lock_guard lock(mutex_);
      if (client_) client_->stop();
    }
    thread_.join();
  }
  broker_follower(const broker_follower&) = delete;
  broker_follower& operator=(const broker_follower&) = delete;

 private:
  void run() {
    const auto where = net::parse_endpoint(broker_);
    if (!where) return tell(where.error().message);
    while (!ending_) {
      const std::string problem = follow_once(where->host, where->port);
      if (ending_) return;
      tell(problem);
      for (auto waited = ask_interval; waited < reconnect_after && !ending_; waited += ask_interval)
        std::this_thread::sleep_for(ask_interval);
    }
  }

  std::string follow_once(const std::string& host, int port) {
    auto client = std::make_shared<httplib::Client>(host, port);
    client->set_connection_timeout(connect_most_s);
    client->set_read_timeout(silence_most_s);
    client->set_tcp_nodelay(true);
    {
      const std::lock_guard lock(mutex_);
      client_ = client;
    }
    httplib::Headers headers;
    if (!parser_.last_id().empty()) headers.emplace("Last-Event-ID", parser_.last_id());
    parser_.restart();
    int status = 0;
    const auto answer = client->Get(
        wanted_.target, headers,
        [&](const httplib::Response& response) {
          status = response.status;
          if (status == 200) tell("");
          return status == 200;
        },
        [&](const char* data, std::size_t size) {
          parser_.put({data, size}, [this](const std::string& event) {
            const std::lock_guard lock(printing_);
            wanted_.on_event(broker_, event);
          });
          return !ending_.load();
        });
    {
      const std::lock_guard lock(mutex_);
      client_.reset();
    }
    if (status != 0 && status != 200) return fmt::format("it answers {}", status);
    return answer || status == 200 ? "the connection ended" : "no connection";
  }

  void tell(const std::string& problem) {
    if (std::exchange(told_, problem) == problem) return;
    const std::lock_guard lock(printing_);
    wanted_.on_state(broker_, problem);
  }

  const std::string broker_;
  const event_subscription& wanted_;
  std::mutex& printing_;
  event_parser parser_;
  std::string told_ = "not connected yet";
  std::atomic<bool> ending_{false};
  std::mutex mutex_;
  std::shared_ptr<httplib::Client> client_;
  std::thread thread_;
};

}  // namespace

void event_parser::restart() {
  rest_.clear();
  data_.clear();
  id_.clear();
}

void event_parser::put(std::string_view bytes, const std::function<void(const std::string&)>& on_data) {
  rest_.append(bytes);
  std::size_t begin = 0;
  for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', begin)) {
    std::string_view line = std::string_view(rest_).substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    take_line(line, on_data);
    begin = end + 1;
  }
  rest_.erase(0, begin);
  if (rest_.size() > line_bytes_most) rest_.clear();
}

void event_parser::take_line(std::string_view line, const std::function<void(const std::string&)>& on_data) {
  constexpr std::string_view data = "data: ";
  constexpr std::string_view id = "id: ";
  if (line.starts_with(data)) data_ += line.substr(data.size());
  if (line.starts_with(id)) id_ = line.substr(id.size());
  if (!line.empty()) return;
  if (!id_.empty()) last_id_ = id_;
  id_.clear();
  if (!data_.empty()) on_data(std::exchange(data_, {}));
}

void follow_events(const event_subscription& wanted, const std::function<bool()>& stop) {
  std::mutex printing;
  std::vector<std::unique_ptr<broker_follower>> all;
  for (const std::string& broker : wanted.brokers)
    all.push_back(std::make_unique<broker_follower>(broker, wanted, printing));
  while (!stop()) std::this_thread::sleep_for(ask_interval);
}

}  // namespace marquee::cli
