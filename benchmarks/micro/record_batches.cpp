#include <benchmark/benchmark.h>

#include "benchmarks/micro/samples.h"
#include "kafka/batch_validation.h"
#include "kafka/record_batch_builder.h"
#include "kafka/record_cursor.h"

namespace marquee::micro {
namespace {

constexpr std::size_t value_bytes = 1024;

void build(benchmark::State& state) {
  const std::string value = sample_text(value_bytes);
  const kafka::record_input record{
      .timestamp_ms = 1'700'000'000'000, .key = as_bytes("key"), .value = as_bytes(value), .headers = {}};
  for (auto _ : state) {
    kafka::record_batch_builder builder;
    for (std::int64_t i = 0; i < state.range(0); ++i) builder.add(record);
    benchmark::DoNotOptimize(builder.finish());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(build)->Name("record_batch/build")->Arg(1)->Arg(100);

/// As the broker does with what a client wants to append.
void validate(benchmark::State& state) {
  const auto batch = shared_bytes::of(sample_batch(static_cast<int>(state.range(0)), value_bytes));
  for (auto _ : state) {
    const kafka::batch_verdict verdict = kafka::validate_batches(batch, {});
    if (verdict.batches.size() != 1) state.SkipWithError("the batch was refused");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(validate)->Name("record_batch/validate")->Arg(1)->Arg(100);

/// As the read manager does with what it fetched.
void walk(benchmark::State& state) {
  const bytes batch = sample_batch(static_cast<int>(state.range(0)), value_bytes);
  for (auto _ : state) {
    kafka::record_cursor cursor(batch);
    kafka::record_view record;
    while (cursor.next(record)) benchmark::DoNotOptimize(record.value);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(walk)->Name("record_batch/walk")->Arg(1)->Arg(100);

}  // namespace
}  // namespace marquee::micro
