#include <benchmark/benchmark.h>

#include "benchmarks/micro/samples.h"
#include "kafka/partitioner.h"
#include "load_balancer/request_route.h"
#include "net/event_loop.h"
#include "net/http_router.h"
#include "write_manager/produce_plan.h"

namespace marquee::micro {
namespace {

class plain_exchange final : public net::http_exchange {
 public:
  net::task<result<>> send_interim(int) override { co_return result<>(); }
  void show_life_every_ms(std::int64_t) override {}
  [[nodiscard]] std::stop_token client_gone_token() const override { return {}; }
  [[nodiscard]] bool stopping() const override { return false; }
};

/// The routes of a write manager, as far as they matter here.
net::http_router sample_router() {
  net::http_router router("test/router");
  const net::http_handler done = [](net::http_exchange&) -> net::task<net::http_response> {
    co_return net::http_response{};
  };
  for (const char* pattern :
       {"/topics", "/topics/{topic}", "/topics/{topic}/partitions", "/cluster", "/activity", "/broker",
        "/broker/{id}", "/producer/register", "/health", "/ready", "/metrics"})
    router.add("GET", pattern, done);
  for (const char* pattern : {"/topics", "/producer/register", "/producer/produce"})
    router.add("POST", pattern, done);
  return router;
}

net::task<> route_all(benchmark::State& state, const net::http_router& router, std::string method,
                      std::string path) {
  plain_exchange exchange;
  exchange.request.method = std::move(method);
  exchange.request.path = std::move(path);
  for (auto _ : state) {
    exchange.path_parameters.clear();
    const net::http_response answer = co_await router.handle(exchange);
    if (answer.status != 200) state.SkipWithError("not found");
  }
}

void route(benchmark::State& state, const char* method, const char* path) {
  const net::http_router router = sample_router();
  net::event_loop loop("routes");
  loop.spawn_and_wait([&] { return route_all(state, router, method, path); });
}
BENCHMARK_CAPTURE(route, literal, "POST", "/producer/produce")->Name("http_router/literal");
BENCHMARK_CAPTURE(route, parameter, "GET", "/topics/orders/partitions")->Name("http_router/parameter");

/// The load balancer looks into the body for a sequence.
void choose_role(benchmark::State& state) {
  net::http_request request;
  request.method = "POST";
  request.path = request.target = "/producer/produce";
  request.body =
      R"({"topic":"orders","producer_id":"p-1a2b","message":")" + sample_text(1024) + R"(","sequence":7})";
  for (auto _ : state) benchmark::DoNotOptimize(load_balancer::route_of(request, 256 * 1024));
}
BENCHMARK(choose_role)->Name("load_balancer/route");

void partition_of_a_key(benchmark::State& state) {
  const std::string key = sample_text(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(kafka::partition_of_key(as_bytes(key), 12));
}
BENCHMARK(partition_of_a_key)->Name("partitioner/key")->Arg(10)->Arg(1000);

/// From messages to batches: partitions chosen, hashes and batches made. The argument is the number of
/// messages of 1 KiB.
void plan(benchmark::State& state) {
  db::topic_row topic;
  topic.name = "orders";
  for (std::int32_t i = 0; i < 12; ++i) topic.partitions.push_back({partition_id(i), {}});
  write_manager::produce_request request;
  request.shape = write_manager::produce_request::form::many;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    request.messages.push_back({.key = "key-" + std::to_string(i), .value = sample_text(1024)});
  const write_manager::plan_identity identity{
      .producer_id = 42, .sequence = 7, .next_turn = {}, .take_sequences = {}};
  for (auto _ : state)
    benchmark::DoNotOptimize(
        write_manager::make_produce_plan(request, topic, identity, {}, 1'700'000'000'000));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(plan)->Name("produce_plan")->Arg(1)->Arg(100);

}  // namespace
}  // namespace marquee::micro
