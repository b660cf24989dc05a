#include "cli/bench_consume.h"

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "cli/interruption.h"
#include "client/consumer.h"

namespace marquee::cli {

namespace {

/// Reads until `is_over`; adds what it did to `own`.
client::outcome<> read_topic(const bench_consume_options& options, const std::function<bool()>& is_over,
                             bench_consume_figures& own) {
  const system_clock clock;
  auto consumer =
      client::consumer::register_at(options.client, options.topic, client::start_position::earliest);
  if (!consumer) return std::unexpected(consumer.error());
  client::outcome<> done;
  while (done && !is_over()) {
    const std::int64_t sent_us = clock.monotonic_us();
    const auto got = consumer->consume({.max_messages = options.max_messages, .wait_ms = 50});
    if (!got) {
      done = std::unexpected(got.error());
    } else if (got->messages.empty()) {
      done = consumer->seek(client::start_position::earliest);
    } else {
      own.latencies.add(clock.monotonic_us() - sent_us);
      own.records += static_cast<std::int64_t>(got->messages.size());
      for (const auto& one : got->messages)
        own.bytes += static_cast<std::int64_t>(one.value.value_or("").size());
    }
  }
  own.repeated_attempts = consumer->repeated_attempts();
  client::client_options patient = options.client;
  patient.is_cancelled = nullptr;
  patient.deadline_ms = 3'000;
  // A consumer that stays is an entry in a table, no reason to fail.
  (void)client::consumer(patient, "", consumer->id()).remove();
  return done;
}

}  // namespace

bench_consume_figures run_bench_consume(const bench_consume_options& options) {
  const system_clock clock;
  const std::int64_t started_us = clock.monotonic_us();
  const std::int64_t end_us = started_us + options.seconds * 1'000'000;
  std::atomic<bool> stopped{false};
  std::mutex mutex;
  bench_consume_figures total;
  const auto run_one = [&] {
    bench_consume_figures own;
    const auto done = read_topic(
        options, [&] { return stopped || is_interrupted() || clock.monotonic_us() >= end_us; }, own);
    if (!done) stopped = true;
    const std::lock_guard lock(mutex);
    total.records += own.records;
    total.bytes += own.bytes;
    total.repeated_attempts += own.repeated_attempts;
    total.latencies.merge(own.latencies);
    if (!done && !total.failure) total.failure = done.error();
  };
  std::vector<std::thread> threads;
  for (std::int64_t i = 0; i < options.consumers; ++i) threads.emplace_back(run_one);
  for (auto& thread : threads) thread.join();
  total.elapsed_us = clock.monotonic_us() - started_us;
  return total;
}

}  // namespace marquee::cli
