#include "cli/booking/bench_batch.h"

#include <chrono>
#include <cstdlib>
#include <future>

#include "net/event_loop.h"
#include "net/http_client.h"

namespace marquee::cli {

namespace {

using clock_type = std::chrono::steady_clock;

constexpr std::int64_t timeout_ms = 30'000;

std::int64_t us_since(clock_type::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(clock_type::now() - start).count();
}

net::http_request make_request(const bench_request& asked) {
  net::http_request request{.method = "POST",
                            .target = "/v1/shows/" + asked.show_id + "/reserve",
                            .headers = {{"X-Client-Id", asked.client_id},
                                        {"X-Client-Seq", std::to_string(asked.seq)},
                                        {"X-Ack-Below", std::to_string(asked.seq)},
                                        {"Content-Type", "application/json"}},
                            .body = R"({"seats":[")" + asked.seat + "\"]}"};
  if (!asked.session_id.empty()) request.headers.add("X-Session-Id", asked.session_id);
  return request;
}

}  // namespace

void add_server_timing(std::string_view header, std::map<std::string, double>& sums) {
  while (!header.empty()) {
    const std::size_t comma = std::min(header.find(','), header.size());
    std::string_view part = header.substr(0, comma);
    header.remove_prefix(std::min(comma + 1, header.size()));
    while (part.starts_with(' ')) part.remove_prefix(1);
    const std::size_t place = part.find(";dur=");
    if (place == std::string_view::npos) continue;
    sums[std::string(part.substr(0, place))] +=
        std::strtod(std::string(part.substr(place + 5)).c_str(), nullptr);
  }
}

struct bench_load::state {
  state(std::vector<net::endpoint> where, std::int64_t most)
      : servers(std::move(where)),
        loop("bench"),
        options{.max_connections_per_endpoint = most, .max_waiting_per_endpoint = most} {
    loop.run_and_wait([this] { client = std::make_unique<net::http_client>(loop, options); });
  }

  net::task<> open(std::size_t server) {
    const net::http_request request{.method = "GET", .target = "/health"};
    (void)co_await client->send_borrowed(servers[server], request, {.timeout_ms = timeout_ms});
    finish_one();
  }

  net::task<> work(std::vector<bench_request> requests) {
    for (const bench_request& asked : requests) {
      const net::http_request request = make_request(asked);
      const auto sent = clock_type::now();
      const net::http_outcome got =
          co_await client->send_borrowed(servers[asked.server], request, {.timeout_ms = timeout_ms});
      take(got, us_since(sent));
    }
    finish_one();
  }

  void take(const net::http_outcome& got, std::int64_t latency_us) {
    if (got.response && got.response->status == 201) {
      result.latencies_us.push_back(latency_us);
      add_server_timing(got.response->headers.get("Server-Timing"), result.hops_ms);
      return;
    }
    if (++result.failed == 1)
      result.first_failure = got.response ? got.response->body : got.response.error().message;
  }

  void finish_one() {
    if (--under_way == 0) all_done.set_value(us_since(started));
  }

  /// Starts one coroutine for each of `count` workers in one go; the time until the last has ended.
  std::int64_t run_all(std::size_t count, const std::function<net::task<>(std::size_t)>& make) {
    if (count == 0) return 0;
    all_done = {};
    auto done = all_done.get_future();
    loop.post([this, count, &make] {
      under_way = count;
      started = clock_type::now();
      for (std::size_t i = 0; i < count; ++i) loop.spawn([&make, i] { return make(i); });
    });
    return done.get();
  }

  std::vector<net::endpoint> servers;
  net::event_loop loop;
  net::http_client_options options;
  std::unique_ptr<net::http_client> client;
  bench_result result;
  std::size_t under_way = 0;
  clock_type::time_point started;
  std::promise<std::int64_t> all_done;
};

bench_load::bench_load(std::vector<net::endpoint> servers, std::int64_t most_in_flight)
    : state_(std::make_unique<state>(std::move(servers), most_in_flight)) {}

bench_load::~bench_load() {
  state_->loop.run_and_wait([this] { state_->client.reset(); });
  state_->loop.stop();
}

bench_result bench_load::run(std::vector<std::vector<bench_request>> workers) {
  std::vector<std::size_t> servers;
  for (const auto& requests : workers) servers.push_back(requests.empty() ? 0 : requests.front().server);
  (void)state_->run_all(servers.size(), [this, &servers](std::size_t i) { return state_->open(servers[i]); });
  state_->result = {};
  const std::int64_t batch_us = state_->run_all(
      workers.size(), [this, &workers](std::size_t i) { return state_->work(std::move(workers[i])); });
  bench_result made = std::move(state_->result);
  made.batch_us = batch_us;
  return made;
}

}  // namespace marquee::cli
