#include "cli/bench_produce.h"

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "cli/interruption.h"
#include "client/producer.h"

namespace marquee::cli {

namespace {

/// Text that neither repeats from record to record nor needs escapes in JSON.
std::string make_record(random_source& random, std::int64_t size) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string record;
  record.reserve(static_cast<std::size_t>(size));
  while (static_cast<std::int64_t>(record.size()) < size) record += letters[random.below(letters.size())];
  return record;
}

/// One record, or a batch of `options.batch` equal ones. The failure of the first that failed.
std::optional<client::api_failure> send_one_request(client::producer& producer, const bench_options& options,
                                                    const client::message& message,
                                                    std::atomic<std::int64_t>& next_sequence) {
  if (options.batch == 1) {
    const auto sequence = options.has_sequences ? std::optional(next_sequence++) : std::nullopt;
    const auto stored = producer.produce(message, sequence);
    return stored ? std::nullopt : std::optional(stored.error());
  }
  const std::vector<client::message> batch(static_cast<std::size_t>(options.batch), message);
  const std::int64_t first = next_sequence.fetch_add(options.batch);
  for (const auto& stored : producer.produce_from(first, batch))
    if (!stored) return stored.error();
  return std::nullopt;
}

}  // namespace

bench_figures run_bench(const bench_options& options) {
  const system_clock clock;
  const std::int64_t started_us = clock.monotonic_us();
  const std::int64_t end_us = started_us + options.seconds * 1'000'000;
  std::atomic<std::int64_t> next_sequence{0};
  std::atomic<bool> stopped{false};
  std::mutex mutex;
  bench_figures total;

  const auto run_connection = [&](std::int64_t number) {
    random_source random(static_cast<std::uint64_t>(number));
    client::producer producer(options.client, options.topic, options.producer_id);
    latency_histogram latencies;
    std::optional<client::api_failure> failure;
    client::message message;
    message.value = make_record(random, options.record_bytes);
    while (!stopped && !is_interrupted() && clock.monotonic_us() < end_us) {
      const std::int64_t sent_us = clock.monotonic_us();
      failure = send_one_request(producer, options, message, next_sequence);
      if (failure) {
        stopped = true;
        break;
      }
      latencies.add(clock.monotonic_us() - sent_us);
    }
    const std::lock_guard lock(mutex);
    total.latencies.merge(latencies);
    total.repeated_attempts += producer.repeated_attempts();
    if (failure && !total.failure) total.failure = failure;
  };

  std::vector<std::thread> threads;
  for (std::int64_t i = 0; i < options.connections; ++i) threads.emplace_back(run_connection, i);
  for (auto& thread : threads) thread.join();
  total.records = total.latencies.count() * options.batch;
  total.elapsed_us = clock.monotonic_us() - started_us;
  return total;
}

}  // namespace marquee::cli
