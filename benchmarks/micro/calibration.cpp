#include <benchmark/benchmark.h>

#include <cstdint>

namespace {

/// What every other figure is divided by, so that figures of a faster or slower machine, or of a busy one,
/// still compare: 10,000 steps of integer arithmetic, each of which needs the one before it.
void integers(benchmark::State& state) {
  std::uint64_t value = 88172645463325252ULL;
  for (auto _ : state) {
    for (int step = 0; step < 10'000; ++step) {
      value ^= value << 13;
      value ^= value >> 7;
      value ^= value << 17;
    }
    benchmark::DoNotOptimize(value);
  }
}
BENCHMARK(integers)->Name("calibration");

}  // namespace
