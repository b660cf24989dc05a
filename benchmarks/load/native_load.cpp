// Load over the Kafka protocol with librdkafka, for Marquee and Kafka alike. Prints one JSON document;
// README.md beside this file says how to read it.
//
//   native_load produce|consume|end-to-end [--option value]...

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <atomic>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "benchmarks/load/cpu_meter.h"
#include "benchmarks/load/native_consumer.h"
#include "benchmarks/load/native_producer.h"

using namespace marquee::load;

namespace {

std::int32_t ask_for_partitions(const native_options& options) {
  return count_partitions(make_consumer(options), options);
}

/// Those that the given one of several consumers reads.
std::vector<std::int32_t> share_of(std::int32_t partitions, std::int64_t consumer, std::int64_t consumers) {
  std::vector<std::int32_t> share;
  for (auto partition = static_cast<std::int32_t>(consumer % partitions); partition < partitions;
       partition += static_cast<std::int32_t>(consumers))
    share.push_back(partition);
  return share;
}

/// Offsets are compared within a producer only: all of them in one table would make threads wait for each
/// other.
nlohmann::json produce(const native_options& options) {
  const std::int32_t partitions = ask_for_partitions(options);
  std::vector<std::unique_ptr<native_producer>> producers;
  for (std::int64_t i = 0; i < options.load.connections; ++i)
    producers.push_back(
        std::make_unique<native_producer>(options, partitions, static_cast<std::uint64_t>(i)));
  const auto start = steady::now();
  cpu_meter meter(options.load.window_from(start));
  options.load.announce_start();
  std::vector<std::jthread> threads;
  for (const auto& producer : producers)
    threads.emplace_back(
        [&, start] { producer->run(start, 1.0 / static_cast<double>(options.load.connections)); });
  for (std::jthread& thread : threads) thread.join();
  load_figures all = options.load.make_figures(start);
  for (const auto& producer : producers) all.merge(producer->figures());
  return all.to_json("produce", meter.seconds());
}

/// Partitions are shared by the consumers; what there are more of than partitions reads again what another
/// one reads.
nlohmann::json consume(const native_options& options) {
  const std::int32_t partitions = ask_for_partitions(options);
  std::vector<std::unique_ptr<native_consumer>> consumers;
  std::vector<load_figures> figures;
  for (std::int64_t i = 0; i < options.load.connections; ++i)
    consumers.push_back(std::make_unique<native_consumer>(
        options, share_of(partitions, i, options.load.connections), native_consumer::place::beginning));
  const auto start = steady::now();
  for (std::size_t i = 0; i < consumers.size(); ++i) figures.push_back(options.load.make_figures(start));
  cpu_meter meter(options.load.window_from(start));
  options.load.announce_start();
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < consumers.size(); ++i)
    threads.emplace_back([&, i] {
      consumers[i]->run(
          figures[i], figures[i].window().end, [](const rd_kafka_message_t&) { return std::nullopt; },
          [] { return false; });
    });
  for (std::jthread& thread : threads) thread.join();
  load_figures all = options.load.make_figures(start);
  for (const load_figures& each : figures) all.merge(each);
  return all.to_json("consume", meter.seconds());
}

/// One producer at a fixed rate and one consumer of all partitions: from when a record was due until it was
/// read.
nlohmann::json end_to_end(native_options options) {
  if (options.load.rate <= 0) throw std::runtime_error("end-to-end needs a --rate");
  if (options.load.record_bytes < due_time_bytes)
    throw std::runtime_error("end-to-end needs records of 8 bytes at least: they carry a time");
  options.rewinds = false;
  const std::int32_t partitions = ask_for_partitions(options);
  native_consumer consumer(options, share_of(partitions, 0, 1), native_consumer::place::end);
  native_producer producer(options, partitions, 0, native_producer::record_content::time_it_was_due);
  const auto start = steady::now();
  cpu_meter meter(options.load.window_from(start));
  options.load.announce_start();
  load_figures read = options.load.make_figures(start);
  std::atomic<std::int64_t> stored = -1;
  std::int64_t seen = 0;
  std::jthread writer([&] {
    producer.run(start, 1);
    stored = producer.figures().records_ever();
  });
  consumer.run(
      read, read.window().end + to_duration(options.load.timeout_seconds + 5),
      [&](const rd_kafka_message_t& message) -> std::optional<steady::time_point> {
        ++seen;
        if (message.len < due_time_bytes) return std::nullopt;
        return due_time_in(message.payload);
      },
      [&] { return stored >= 0 && seen >= stored; });
  writer.join();
  read.take_errors_of(producer.figures());
  if (seen < stored) read.failed(read.window().end, "acknowledged and not read", stored - seen);
  return read.to_json("end-to-end", meter.seconds());
}

}  // namespace

int main(int argc, char** argv) {
  native_options options;
  options.load.batch = 10'000;
  std::string operation;
  CLI::App app("Load over the Kafka protocol; prints one JSON document");
  app.add_option("operation", operation)
      ->required()
      ->check(CLI::IsMember({"produce", "consume", "end-to-end"}));
  options.describe(app);
  CLI11_PARSE(app, argc, argv);
  try {
    if (options.load.topic.empty()) throw std::runtime_error("--topic is needed");
    const nlohmann::json document = operation == "produce"   ? produce(options)
                                    : operation == "consume" ? consume(options)
                                                             : end_to_end(options);
    std::cout << document.dump() << "\n";
  } catch (const std::runtime_error& problem) {
    std::cerr << "native_load: " << problem.what() << "\n";
    return 1;
  }
  return 0;
}
