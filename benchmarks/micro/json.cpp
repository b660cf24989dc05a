#include <benchmark/benchmark.h>

#include <nlohmann/json.hpp>

#include "benchmarks/micro/samples.h"
#include "read_manager/message_json.h"
#include "write_manager/produce_answer.h"
#include "write_manager/produce_request.h"

/// Bodies of the HTTP API. The argument is the number of messages of 1 KiB.
namespace marquee::micro {
namespace {

constexpr std::size_t value_bytes = 1024;

std::string produce_body(std::int64_t messages) {
  nlohmann::json body = {{"topic", "orders"}, {"producer_id", "p-1a2b"}, {"sequence", 7}};
  const nlohmann::json message = {{"key", sample_text(10)}, {"message", sample_text(value_bytes)}};
  if (messages == 1) body.update(message);
  for (std::int64_t i = 0; messages > 1 && i < messages; ++i) body["messages"].push_back(message);
  return body.dump();
}

void parse_produce(benchmark::State& state) {
  const std::string body = produce_body(state.range(0));
  for (auto _ : state) {
    const auto request = write_manager::parse_produce_request(body);
    if (!request) state.SkipWithError(request.error().message.c_str());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(parse_produce)->Name("json/produce_request")->Arg(1)->Arg(100);

void answer_produce(benchmark::State& state) {
  const std::vector<write_manager::message_result> results(
      static_cast<std::size_t>(state.range(0)),
      {.partition = 3, .offset = 4711, .timestamp_ms = 1'700'000'000'000});
  const auto shape = state.range(0) == 1 ? write_manager::produce_request::form::one
                                         : write_manager::produce_request::form::many;
  for (auto _ : state)
    benchmark::DoNotOptimize(write_manager::make_produce_answer(shape, results, {}, "write_manager/wm-1"));
}
BENCHMARK(answer_produce)->Name("json/produce_answer")->Arg(1)->Arg(100);

void answer_consume(benchmark::State& state) {
  const std::string key = sample_text(10);
  const std::string value = sample_text(value_bytes);
  read_manager::delivery what;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    auto& item = what.records.emplace_back();
    item.record.offset = i;
    item.record.timestamp_ms = 1'700'000'000'000;
    item.record.key = as_bytes(key);
    item.record.value = as_bytes(value);
  }
  for (auto _ : state) benchmark::DoNotOptimize(read_manager::consume_answer(what));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(answer_consume)->Name("json/consume_answer")->Arg(1)->Arg(100);

}  // namespace
}  // namespace marquee::micro
