#include <benchmark/benchmark.h>

#include "benchmarks/micro/samples.h"
#include "raft/core/entry_codec.h"
#include "raft/transport/batch_codec.h"

/// What travels between brokers. The argument is the number of entries of 1 KiB, or of heartbeats of as many
/// groups.
namespace marquee::micro {
namespace {

raft::message sample_message(raft::message_type type) {
  raft::message made;
  made.type = type;
  made.from = {broker_id(1), incarnation_id(1)};
  made.to = {broker_id(2), incarnation_id(1)};
  made.term = made.index_term = term_number(1);
  return made;
}

std::vector<raft::group_message> one_append(std::int64_t entries) {
  raft::message append = sample_message(raft::message_type::append_request);
  for (std::int64_t i = 1; i <= entries; ++i) append.entries.push_back(sample_entry(i, 1024));
  return {{{}, std::move(append)}};
}

std::vector<raft::group_message> heartbeats(std::int64_t groups) {
  std::vector<raft::group_message> made;
  for (std::int32_t i = 0; i < groups; ++i)
    made.push_back({{{}, partition_id(i)}, sample_message(raft::message_type::heartbeat_request)});
  return made;
}

using sample = std::vector<raft::group_message> (*)(std::int64_t);

shared_bytes joined(const std::vector<shared_bytes>& parts) {
  bytes all;
  for (const shared_bytes& part : parts) all.insert(all.end(), part.data(), part.data() + part.size());
  return shared_bytes::of(std::move(all));
}

void encode(benchmark::State& state, sample make) {
  const auto messages = make(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(raft::encode_messages(messages));
}
BENCHMARK_CAPTURE(encode, append, one_append)->Name("raft_append/encode")->Arg(1)->Arg(32);
BENCHMARK_CAPTURE(encode, heartbeat, heartbeats)->Name("raft_heartbeats/encode")->Arg(100);

void decode(benchmark::State& state, sample make) {
  const shared_bytes payload = joined(raft::encode_messages(make(state.range(0))));
  for (auto _ : state)
    if (!raft::decode_messages(payload)) state.SkipWithError("not readable");
}
BENCHMARK_CAPTURE(decode, append, one_append)->Name("raft_append/decode")->Arg(1)->Arg(32);
BENCHMARK_CAPTURE(decode, heartbeat, heartbeats)->Name("raft_heartbeats/decode")->Arg(100);

/// As recovery and catch-up read entries from a file.
void decode_one(benchmark::State& state) {
  const raft::entry one = sample_entry(1, static_cast<std::size_t>(state.range(0)));
  const raft::entry_header header = raft::encode_entry_header(one);
  std::vector<bytes_view> parts;
  raft::append_entry_parts(one, header, parts);
  bytes all;
  for (const bytes_view part : parts) all.insert(all.end(), part.begin(), part.end());
  const auto data = shared_bytes::of(std::move(all));
  for (auto _ : state)
    if (!raft::decode_entry(data)) state.SkipWithError("not readable");
}
BENCHMARK(decode_one)->Name("raft_entry/decode")->Arg(1 << 10)->Arg(64 << 10);

}  // namespace
}  // namespace marquee::micro
