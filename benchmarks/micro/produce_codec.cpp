#include <benchmark/benchmark.h>

#include "benchmarks/micro/samples.h"
#include "kafka/api/produce.h"
#include "kafka/request_header.h"

/// Produce as it travels between write manager and broker: version 9 with Marquee's tagged field. The
/// argument is the number of partitions in it.
namespace marquee::micro {
namespace {

constexpr std::int16_t version = 9;
constexpr std::size_t length_prefix = 4;

kafka::produce_request sample_request(std::int64_t partitions) {
  kafka::produce_request request;
  request.timeout_ms = 5000;
  auto& topic = request.topics.emplace_back();
  topic.name = "orders";
  const auto batch = shared_bytes::of(sample_batch(1, 1024));
  for (std::int32_t i = 0; i < partitions; ++i) {
    auto& one = topic.partitions.emplace_back();
    one.index = i;
    one.records = batch;
    one.marquee = kafka::marquee_produce{0, {{4711, {{i, 1, 99}}}}};
  }
  return request;
}

kafka::produce_response sample_response(std::int64_t partitions) {
  kafka::produce_response response;
  auto& topic = response.topics.emplace_back();
  topic.name = "orders";
  for (std::int32_t i = 0; i < partitions; ++i) {
    auto& one = topic.partitions.emplace_back();
    one.index = i;
    one.base_offset = 1000 + i;
    auto& batch = one.marquee.emplace().batches.emplace_back();
    batch.base_offset = one.base_offset;
    batch.append_time_ms = 1'700'000'000'000;
  }
  return response;
}

void encode_request(benchmark::State& state) {
  const auto request = sample_request(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(kafka::request_frame(request, version, 7, "wm-1"));
}
BENCHMARK(encode_request)->Name("produce_request/encode")->Arg(1)->Arg(100);

void decode_request(benchmark::State& state) {
  const auto frame = kafka::request_frame(sample_request(state.range(0)), version, 7, "wm-1").joined();
  for (auto _ : state) {
    kafka::wire_reader in(frame.slice(length_prefix));
    const auto header = kafka::request_header::decode(in);
    const auto request = kafka::produce_request::decode(version, in);
    if (!header || !request) state.SkipWithError("not readable");
  }
}
BENCHMARK(decode_request)->Name("produce_request/decode")->Arg(1)->Arg(100);

void encode_response(benchmark::State& state) {
  const auto response = sample_response(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(kafka::response_frame(response, version, 7));
}
BENCHMARK(encode_response)->Name("produce_response/encode")->Arg(1)->Arg(100);

void decode_response(benchmark::State& state) {
  const auto frame = kafka::response_frame(sample_response(state.range(0)), version, 7).joined();
  for (auto _ : state) {
    kafka::wire_reader in(frame.slice(length_prefix));
    const auto correlation = kafka::decode_response_header(kafka::api_key::produce, version, in);
    const auto response = kafka::produce_response::decode(version, in);
    if (!correlation || !response) state.SkipWithError("not readable");
  }
}
BENCHMARK(decode_response)->Name("produce_response/decode")->Arg(1)->Arg(100);

}  // namespace
}  // namespace marquee::micro
