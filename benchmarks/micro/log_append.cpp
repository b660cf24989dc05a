#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "base/metrics.h"
#include "base/simulated_file_system.h"
#include "benchmarks/micro/samples.h"
#include "benchmarks/micro/unsynced_file_system.h"
#include "raft/core/entry_codec.h"
#include "raft/storage/wal_log_store.h"

namespace marquee::micro {
namespace {

/// A log store with one group. Without threads: an append is written before `append` returns.
class one_group {
 public:
  one_group(file_system& files, const std::string& folder) {
    raft::log_store_options options;
    options.data_dir = folder;
    options.wal_file_bytes = std::uint64_t{16} << 20;
    options.kernel_boot_id = "boot";
    auto opened = raft::wal_log_store::open(files, time_, metrics_, options, {}, raft::store_threads::none);
    if (!opened) return;
    store_ = std::move(*opened);
    auto created = store_->create_group({}, {{{broker_id(1), incarnation_id(1)}}, {}, {}});
    if (created) log_ = std::move(*created);
  }

  /// Takes the next `count` entries as one request. False: it was refused, or could not be written.
  bool append(raft::entry one, std::int64_t count) {
    if (!log_) return false;
    raft::persist_request request;
    for (std::int64_t i = 0; i < count; ++i) {
      one.index = log_->last_index() + i + 1;
      one.base_offset = record_offset(one.index.value() - 1);
      raft::seal_entry(one);
      request.entries.push_back(one);
    }
    bool written = false;
    const auto taken =
        log_->persist(request, raft::durability::durable,
                      [&](const result<raft::persist_times>& done) { written = done.has_value(); });
    while (taken && !written && store_->step()) {
    }
    return written;
  }

 private:
  simulated_clock time_;
  metrics_registry metrics_;
  std::unique_ptr<raft::wal_log_store> store_;
  std::unique_ptr<raft::group_log> log_;
};

void append_to(benchmark::State& state, file_system& files, const std::string& folder) {
  one_group group(files, folder);
  const raft::entry one = sample_entry(1, 1024);
  for (auto _ : state)
    if (!group.append(one, state.range(0))) {
      state.SkipWithError("not written");
      break;
    }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void append_simulated(benchmark::State& state) {
  simulated_file_system files;
  append_to(state, files, "/node");
}

void append_unsynced(benchmark::State& state) {
  const auto folder = std::filesystem::temp_directory_path() / ("micro-log-" + std::to_string(getpid()));
  append_to(state, unsynced_file_system(), folder);
  std::filesystem::remove_all(folder);
}

// A fixed number of rounds: the store grows, and the end of the write-ahead log is not to be met.
constexpr int rounds = 2000;
BENCHMARK(append_simulated)->Name("log_append/simulated")->Arg(1)->Arg(32)->Iterations(rounds);
BENCHMARK(append_unsynced)->Name("log_append/without_sync")->Arg(1)->Arg(32)->Iterations(rounds);

}  // namespace
}  // namespace marquee::micro
