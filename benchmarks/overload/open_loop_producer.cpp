// Produces one record a request over HTTP at a fixed rate, whatever the cluster answers: an open loop.
// Latency counts from the moment at which a request was due, so that a stall of the cluster, or of this
// program, is seen. Prints JSON.
//
//   open_loop_producer HOST:PORT TOPIC PRODUCER_IDS RATE SECONDS OUTSTANDING_MOST
//
// PRODUCER_IDS, separated by commas, take turns; each counts its own sequence from 0, so they have to be
// fresh.

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "cli/latency_histogram.h"
#include "net/event_loop.h"
#include "net/http_client.h"
#include "net/open_file_limit.h"

using namespace marquee;

namespace {

using steady = std::chrono::steady_clock;

struct load {
  net::endpoint where;
  std::string topic;
  std::vector<std::string> producer_ids;
  double rate = 0;
  std::int64_t seconds = 0;
  std::int64_t outstanding_most = 0;
  /// An answer that comes later than this helps nobody.
  std::int64_t timeout_ms = 10'000;
};

struct figures {
  std::int64_t due = 0;
  std::int64_t stored = 0;
  std::int64_t stored_in_time = 0;  ///< before the last request was due
  std::int64_t refused = 0;         ///< 429 or 503 that says when to come again
  std::int64_t refused_without_advice = 0;
  std::int64_t not_sent = 0;  ///< too many were outstanding here
  std::int64_t outstanding = 0;
  std::int64_t largest_outstanding = 0;
  std::map<std::string, std::int64_t> failures;
  cli::latency_histogram stored_latency;
  cli::latency_histogram refused_latency;
};

std::int64_t since_us(steady::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(steady::now() - start).count();
}

net::task<void> send_one(net::http_client& client, const load& wanted, figures& seen, std::string body,
                         steady::time_point due) {
  net::http_request request;
  request.method = "POST";
  request.target = "/producer/produce";
  request.headers.add("Content-Type", "application/json");
  request.body = std::move(body);
  const net::http_outcome outcome =
      co_await client.send(wanted.where, std::move(request), {.timeout_ms = wanted.timeout_ms});
  --seen.outstanding;
  if (!outcome.response) {
    ++seen.failures[std::string(outcome.response.error().message)];
  } else if (outcome.response->status == 200) {
    ++seen.stored;
    seen.stored_latency.add(since_us(due));
  } else if (outcome.response->status == 503 || outcome.response->status == 429) {
    ++seen.refused;
    seen.refused_latency.add(since_us(due));
    if (!outcome.response->body.contains("\"retry_after_ms\":") ||
        !outcome.response->headers.has("Retry-After"))
      ++seen.refused_without_advice;
  } else {
    ++seen.failures["answer " + std::to_string(outcome.response->status)];
  }
}

net::task<void> run(net::event_loop& loop, net::http_client& client, const load& wanted, figures& seen) {
  const std::string value(1024, 'x');
  const auto producers = static_cast<std::int64_t>(wanted.producer_ids.size());
  const auto start = steady::now();
  const auto end = start + std::chrono::seconds(wanted.seconds);
  for (;;) {
    const auto now = std::min(steady::now(), end);
    const auto due_by_now =
        static_cast<std::int64_t>(std::chrono::duration<double>(now - start).count() * wanted.rate);
    for (; seen.due < due_by_now; ++seen.due) {
      if (seen.outstanding >= wanted.outstanding_most) {
        ++seen.not_sent;
        continue;
      }
      const auto due = start + std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(
                                   static_cast<double>(seen.due) / wanted.rate));
      seen.largest_outstanding = std::max(seen.largest_outstanding, ++seen.outstanding);
      std::string body = R"({"topic":")" + wanted.topic + R"(","producer_id":")" +
                         wanted.producer_ids[static_cast<std::size_t>(seen.due % producers)] +
                         R"(","sequence":)" + std::to_string(seen.due / producers) + R"(,"message":")" +
                         value + "\"}";
      loop.spawn([&client, &wanted, &seen, body = std::move(body), due]() mutable {
        return send_one(client, wanted, seen, std::move(body), due);
      });
    }
    if (now >= end) break;
    co_await net::sleep_ms(1);
  }
  seen.stored_in_time = seen.stored;
  while (seen.outstanding > 0) co_await net::sleep_ms(5);
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

void print(const load& wanted, const figures& seen) {
  const auto ms = [](std::int64_t us) { return static_cast<double>(us) / 1000; };
  std::int64_t failed = 0;
  for (const auto& [text, count] : seen.failures) {
    failed += count;
    std::cerr << count << " x " << text << "\n";
  }
  std::cout << "{\"rate\":" << wanted.rate << ",\"seconds\":" << wanted.seconds << ",\"due\":" << seen.due
            << ",\"stored\":" << seen.stored << ",\"stored_per_s\":"
            << static_cast<double>(seen.stored_in_time) / static_cast<double>(wanted.seconds)
            << ",\"refused\":" << seen.refused
            << ",\"refused_without_advice\":" << seen.refused_without_advice << ",\"failed\":" << failed
            << ",\"not_sent\":" << seen.not_sent << ",\"largest_outstanding\":" << seen.largest_outstanding
            << ",\"stored_p50_ms\":" << ms(seen.stored_latency.percentile_us(0.5))
            << ",\"stored_p99_ms\":" << ms(seen.stored_latency.percentile_us(0.99))
            << ",\"refused_p50_ms\":" << ms(seen.refused_latency.percentile_us(0.5))
            << ",\"refused_p99_ms\":" << ms(seen.refused_latency.percentile_us(0.99)) << "}\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::cerr << "usage: open_loop_producer HOST:PORT TOPIC PRODUCER_IDS RATE SECONDS OUTSTANDING_MOST\n";
    return 2;
  }
  const auto where = net::parse_endpoint(argv[1]);
  load wanted{.where = where ? *where : net::endpoint{},
              .topic = argv[2],
              .producer_ids = split(argv[3]),
              .rate = std::atof(argv[4]),
              .seconds = std::atoll(argv[5]),
              .outstanding_most = std::atoll(argv[6])};
  if (!where || wanted.producer_ids.empty() || wanted.rate <= 0 || wanted.seconds <= 0 ||
      wanted.outstanding_most <= 0) {
    std::cerr << "open_loop_producer: an address, a rate, seconds and a bound above zero are needed\n";
    return 2;
  }
  net::raise_open_file_limit();
  net::event_loop loop("load");
  figures seen;
  loop.spawn_and_wait([&]() -> net::task<void> {
    net::http_client client(loop, {.max_connections_per_endpoint = wanted.outstanding_most,
                                   .max_waiting_per_endpoint = wanted.outstanding_most});
    co_await run(loop, client, wanted, seen);
  });
  print(wanted, seen);
  return 0;
}
