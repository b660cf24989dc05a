#include <benchmark/benchmark.h>

#include "broker/idempotence_table.h"
#include "broker/sequence_table.h"

/// Deduplication with 1,000 producers that have written 1,000 batches each (sequences), or their last five
/// (Kafka's idempotent producers).
namespace marquee::micro {
namespace {

constexpr std::int64_t producers = 1000;
constexpr std::int64_t now_ms = 1'700'000'000'000;

void fill(broker::sequence_table& table) {
  for (std::int64_t sequence = 0; sequence < 1000; ++sequence)
    for (std::int64_t producer = 0; producer < producers; ++producer)
      table.apply(producer, {{sequence, 1, 99}}, record_offset(sequence * producers + producer), now_ms);
}

const broker::sequence_table& full_table() {
  static const broker::sequence_table table = [] {
    broker::sequence_table made;
    fill(made);
    return made;
  }();
  return table;
}

void look_up(benchmark::State& state, std::int64_t first_sequence) {
  const broker::sequence_table& table = full_table();
  std::int64_t producer = 0;
  for (auto _ : state) {
    producer = (producer + 7) % producers;
    benchmark::DoNotOptimize(table.look_up(producer, {first_sequence, 1, 99}));
  }
}
BENCHMARK_CAPTURE(look_up, fresh, 1000)->Name("sequence_table/fresh");
BENCHMARK_CAPTURE(look_up, stored, 500)->Name("sequence_table/stored");

void apply(benchmark::State& state) {
  broker::sequence_table table;
  fill(table);
  std::int64_t written = 0;
  for (auto _ : state) {
    table.apply(written % producers, {{1000 + written / producers, 1, 99}},
                record_offset(1000 * producers + written), now_ms);
    ++written;
  }
}
BENCHMARK(apply)->Name("sequence_table/apply")->Iterations(200'000);

void check_idempotent(benchmark::State& state) {
  broker::idempotence_table table;
  for (std::int32_t sequence = 0; sequence < 5; ++sequence)
    for (std::int64_t producer = 0; producer < producers; ++producer)
      table.apply(producer, {0, sequence, 1}, record_offset(sequence * producers + producer), now_ms);
  std::int64_t producer = 0;
  for (auto _ : state) {
    producer = (producer + 7) % producers;
    benchmark::DoNotOptimize(table.check(producer, {0, 5, 1}, {}, now_ms));
  }
}
BENCHMARK(check_idempotent)->Name("idempotence_table/check");

}  // namespace
}  // namespace marquee::micro
