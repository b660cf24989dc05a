#include <benchmark/benchmark.h>

#include "benchmarks/micro/core_group.h"
#include "benchmarks/micro/samples.h"

namespace marquee::micro {
namespace {

/// From the proposal until the commit is known to all three nodes. The argument is the number of entries of 1
/// KiB that are under way at once.
void replicate(benchmark::State& state) {
  core_group group;
  const auto payload = shared_bytes::of(sample_bytes(1024));
  for (auto _ : state) {
    for (std::int64_t i = 0; i < state.range(0); ++i)
      if (!group.propose(payload)) state.SkipWithError("refused");
    group.settle();
  }
  if (group.commit_index().value() < state.iterations() * state.range(0))
    state.SkipWithError("not committed");
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(replicate)->Name("raft_core/replicate")->Arg(1)->Arg(32);

/// A heartbeat interval of an idle group: both requests and both answers.
void heartbeat(benchmark::State& state) {
  core_group group;
  for (auto _ : state) group.pass_ms(100);
}
BENCHMARK(heartbeat)->Name("raft_core/heartbeat");

/// What an idle group costs each time the clock is looked at.
void tick(benchmark::State& state) {
  core_group group;
  for (auto _ : state) group.pass_ms(0);
}
BENCHMARK(tick)->Name("raft_core/tick");

}  // namespace
}  // namespace marquee::micro
