#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/bench_consume.h"
#include "cli/bench_produce.h"
#include "cli/command_context.h"
#include "cli/fsync_counter.h"
#include "cli/interruption.h"
#include "client/administrator.h"
#include "client/producer.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

/// The HTTP addresses of all live brokers; empty if the cluster does not say.
std::vector<std::string> broker_urls(const client::client_options& options) {
  client::administrator administrator(options);
  const auto answer = administrator.cluster();
  if (!answer) return {};
  std::vector<std::string> urls;
  const json cluster = json::parse(*answer);
  for (const json& process : cluster.value("processes", json::array())) {
    const json url = process.is_object() ? process.value("http", json()) : json();
    if (process.value("role", json()) != json("broker") || !url.is_string()) continue;
    const auto text = url.get<std::string>();
    urls.push_back(text.starts_with("http://") ? text : "http://" + text);
  }
  return urls;
}

void print_figures(const command_context& context, const bench_options& options, const bench_figures& figures,
                   std::optional<std::int64_t> fsyncs) {
  const double seconds = static_cast<double>(figures.elapsed_us) / 1e6;
  const double rate = static_cast<double>(figures.records) / seconds;
  const double p50_ms = static_cast<double>(figures.latencies.percentile_us(0.5)) / 1e3;
  const double p99_ms = static_cast<double>(figures.latencies.percentile_us(0.99)) / 1e3;
  const std::optional<double> fsyncs_per_record =
      fsyncs && figures.records > 0
          ? std::optional(static_cast<double>(*fsyncs) / static_cast<double>(figures.records))
          : std::nullopt;
  if (context.json) {
    json shown = {{"connections", options.connections},
                  {"record_bytes", options.record_bytes},
                  {"batch", options.batch},
                  {"sequences", options.has_sequences},
                  {"seconds", seconds},
                  {"records", figures.records},
                  {"records_per_s", rate},
                  {"p50_ms", p50_ms},
                  {"p99_ms", p99_ms},
                  {"repeated_attempts", figures.repeated_attempts},
                  {"fsyncs", nullptr},
                  {"fsyncs_per_record", nullptr}};
    if (fsyncs) shown["fsyncs"] = *fsyncs;
    if (fsyncs_per_record) shown["fsyncs_per_record"] = *fsyncs_per_record;
    fmt::print("{}\n", shown.dump());
    return;
  }
  fmt::print("{} connections, {} bytes a record, {:.1f} s: {} records, {:.0f} records/s, {:.2f} MB/s\n",
             options.connections, options.record_bytes, seconds, figures.records, rate,
             rate * static_cast<double>(options.record_bytes) / 1e6);
  fmt::print("latency: p50 {:.2f} ms, p99 {:.2f} ms; attempts repeated: {}\n", p50_ms, p99_ms,
             figures.repeated_attempts);
  if (fsyncs_per_record)
    fmt::print("fsyncs on all brokers together: {}, {:.3f} a record\n", *fsyncs, *fsyncs_per_record);
  else
    fmt::print("fsyncs: not known, a broker's /metrics did not say\n");
}

exit_code run_bench_produce(const command_context& context, bench_options options) {
  const auto client_options = make_client_options(context);
  if (!client_options) return report_usage(context, client_options.error().message);
  options.client = *client_options;
  const auto registered = client::producer::register_at(options.client, options.topic);
  if (!registered) return report(context, registered.error());
  options.producer_id = registered->id();
  watch_for_interruption();
  const std::vector<std::string> brokers = broker_urls(options.client);
  const auto before = count_fsyncs(brokers);
  const bench_figures figures = run_bench(options);
  const auto after = count_fsyncs(brokers);
  print_figures(context, options, figures, before && after ? std::optional(*after - *before) : std::nullopt);
  if (figures.failure) return report(context, *figures.failure);
  return is_interrupted() ? exit_code::interrupted : exit_code::success;
}

exit_code run_bench_consume(const command_context& context, bench_consume_options options) {
  const auto client_options = make_client_options(context);
  if (!client_options) return report_usage(context, client_options.error().message);
  options.client = *client_options;
  watch_for_interruption();
  const bench_consume_figures figures = run_bench_consume(options);
  const double seconds = static_cast<double>(figures.elapsed_us) / 1e6;
  const double rate = static_cast<double>(figures.records) / seconds;
  const double megabytes_per_s = static_cast<double>(figures.bytes) / seconds / 1e6;
  const double p50_ms = static_cast<double>(figures.latencies.percentile_us(0.5)) / 1e3;
  const double p99_ms = static_cast<double>(figures.latencies.percentile_us(0.99)) / 1e3;
  if (context.json)
    fmt::print("{}\n", json({{"consumers", options.consumers},
                             {"max", options.max_messages},
                             {"seconds", seconds},
                             {"records", figures.records},
                             {"records_per_s", rate},
                             {"megabytes_per_s", megabytes_per_s},
                             {"p50_ms", p50_ms},
                             {"p99_ms", p99_ms},
                             {"repeated_attempts", figures.repeated_attempts}})
                           .dump());
  else
    fmt::print(
        "{} consumers, {:.1f} s: {} records, {:.0f} records/s, {:.2f} MB/s\n"
        "requests: p50 {:.2f} ms, p99 {:.2f} ms; attempts repeated: {}\n",
        options.consumers, seconds, figures.records, rate, megabytes_per_s, p50_ms, p99_ms,
        figures.repeated_attempts);
  if (is_interrupted()) return exit_code::interrupted;
  return figures.failure ? report(context, *figures.failure) : exit_code::success;
}

void add_bench_consume(CLI::App& bench, command_context& context) {
  CLI::App* command =
      bench.add_subcommand("consume", "read a topic over and over, each consumer in a closed loop");
  command->fallthrough();
  auto options = std::make_shared<bench_consume_options>();
  options->topic = "bench";
  command->add_option("--topic", options->topic)->capture_default_str();
  command->add_option("--consumers", options->consumers)->check(CLI::Range(1, 1024))->capture_default_str();
  command->add_option("--max", options->max_messages, "records a request")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--seconds", options->seconds)->check(CLI::Range(1, 86'400))->capture_default_str();
  command->callback([&context, options] {
    context.action = [&context, options] { return run_bench_consume(context, *options); };
  });
}

}  // namespace

void add_bench_command(CLI::App& app, command_context& context) {
  CLI::App* bench = app.add_subcommand("bench", "measure a running cluster");
  bench->require_subcommand(1);
  add_bench_consume(*bench, context);
  CLI::App* command = bench->add_subcommand("produce", "store records, each connection in a closed loop");
  command->fallthrough();
  auto options = std::make_shared<bench_options>();
  options->topic = "bench";
  command->add_option("--topic", options->topic)->capture_default_str();
  command->add_option("--connections", options->connections)
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command->add_option("--size", options->record_bytes, "bytes a record")
      ->check(CLI::Range(0, 1 << 20))
      ->capture_default_str();
  command->add_option("--seconds", options->seconds)->check(CLI::Range(1, 86'400))->capture_default_str();
  auto* batch = command->add_option("--batch", options->batch, "records a request")
                    ->check(CLI::Range(1, 2'000))
                    ->capture_default_str();
  command
      ->add_flag("!--no-sequences", options->has_sequences,
                 "let the cluster not recognize repeated records: shows what that costs")
      ->excludes(batch);
  command->callback([&context, options] {
    context.action = [&context, options] { return run_bench_produce(context, *options); };
  });
}

}  // namespace marquee::cli
