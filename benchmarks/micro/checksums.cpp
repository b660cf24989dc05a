#include <benchmark/benchmark.h>

#include "base/crc32c.h"
#include "benchmarks/micro/samples.h"
#include "raft/core/entry_codec.h"

namespace marquee::micro {
namespace {

void crc_of_bytes(benchmark::State& state) {
  const bytes data = sample_bytes(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(crc32c(data));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(crc_of_bytes)->Name("crc32c")->Arg(100)->Arg(1 << 10)->Arg(64 << 10)->Arg(1 << 20);

void seal(benchmark::State& state) {
  raft::entry one = sample_entry(1, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    raft::seal_entry(one);
    benchmark::DoNotOptimize(one.checksum);
  }
}
BENCHMARK(seal)->Name("raft_entry/seal")->Arg(1 << 10)->Arg(64 << 10);

}  // namespace
}  // namespace marquee::micro
