#include <benchmark/benchmark.h>

#include "benchmarks/micro/samples.h"
#include "net/http_parser.h"
#include "net/http_writer.h"

namespace marquee::micro {
namespace {

const std::string& sample_request() {
  static const std::string text =
      "POST /producer/produce HTTP/1.1\r\n"
      "Host: 127.0.0.1:8080\r\n"
      "User-Agent: marquee-load/1\r\n"
      "Accept: */*\r\n"
      "Content-Type: application/json\r\n"
      "X-Request-Id: 3f2c9b1e-6f5d-4d1a-9d2b-0c6a7e8f9a10\r\n"
      "Content-Length: 1024\r\n"
      "\r\n" +
      sample_text(1024);
  return text;
}

void parse_request(benchmark::State& state) {
  for (auto _ : state) {
    net::message_parser<true> parser(net::parse_limits{});
    if (!parser.put(sample_request()) || !parser.done()) state.SkipWithError("not whole");
  }
}
BENCHMARK(parse_request)->Name("http/parse_request");

void write_request(benchmark::State& state) {
  net::http_request request;
  request.method = "POST";
  request.target = "/producer/produce";
  request.headers = {
      {"Content-Type", "application/json"}, {"X-Deadline-Ms", "5000"}, {"X-Request-Id", "3f2c9b1e"}};
  request.body = sample_text(1024);
  const net::endpoint where{"127.0.0.1", 8101};
  for (auto _ : state) benchmark::DoNotOptimize(net::write_request_header(request, where));
}
BENCHMARK(write_request)->Name("http/write_request_head");

void write_response(benchmark::State& state) {
  net::http_response response = net::json_response(R"({"status":"success","partition":1,"offset":7})");
  response.headers.add("Server-Timing", "wm;dur=0.2, append;dur=0.1, fsync;dur=0.3, commit;dur=0.5");
  for (auto _ : state)
    benchmark::DoNotOptimize(net::write_response_header(response, {.request_id = "3f2c9b1e-6f5d"}));
}
BENCHMARK(write_response)->Name("http/write_response_head");

}  // namespace
}  // namespace marquee::micro
