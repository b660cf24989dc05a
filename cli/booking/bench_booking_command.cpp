#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "booking_app/machine/json_writer.h"
#include "cli/booking/bench_batch.h"
#include "cli/booking/booking_command.h"
#include "cli/booking/value_text.h"
#include "cli/json_text.h"
#include "cli/text_table.h"
#include "net/open_file_limit.h"

namespace marquee::cli {

namespace {

using booking::json_writer;
using nlohmann::json;

constexpr std::int64_t hall_rows = 1'000;
constexpr std::int64_t hall_columns = 26;

struct bench_arguments {
  std::vector<std::string> requests = {"1", "2", "5", "10", "25", "50", "100", "175"};
  std::int64_t runs = 3;
  std::string in_flight = "N";
};

/// One line of the table.
struct bench_row {
  std::int64_t requests = 0;
  std::vector<double> runs_ms{};  ///< batch time / requests
  std::int64_t p50_us = 0;
  std::int64_t p99_us = 0;
  std::int64_t failed = 0;
  std::string first_failure{};
  std::map<std::string, double> hops_ms{};  ///< of one request

  [[nodiscard]] double median_ms() const {
    std::vector<double> sorted = runs_ms;
    std::ranges::sort(sorted);
    return sorted.empty() ? 0 : sorted[sorted.size() / 2];
  }
};

std::int64_t share_of(const std::vector<std::int64_t>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto place = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5);
  return sorted[std::min(place, sorted.size() - 1)];
}

/// Books seats that nobody has, of shows that it adds as they are used up and removes at the end.
class booking_bench {
 public:
  booking_bench(booking_client& administrator, std::vector<net::endpoint> servers,
                std::int64_t most_in_flight)
      : administrator_(administrator),
        server_count_(servers.size()),
        load_(std::move(servers), most_in_flight),
        name_(fmt::format("bench-{:x}",
                          std::chrono::system_clock::now().time_since_epoch().count() / 1'000'000)) {}

  ~booking_bench() {
    for (const std::string& show : shows_)
      (void)ask("DELETE", path_of("shows", show) + "?on_booked=cancel", "");
  }
  booking_bench(const booking_bench&) = delete;
  booking_bench& operator=(const booking_bench&) = delete;

  /// `sessions`: workers have one each.
  booking_outcome prepare(std::int64_t workers, bool sessions) {
    for (std::int64_t i = static_cast<std::int64_t>(clients_.size()); i < workers; ++i) {
      bench_client made{.id = fmt::format("{}-{}", name_, i), .session_id = {}};
      if (sessions) {
        auto opened = open_session(made);
        if (!opened || !opened->is_success) return opened;
      }
      clients_.push_back(std::move(made));
    }
    return booking_answer{.status = 200, .body = {}, .code = {}, .is_success = true, .server_timing = {}};
  }

  std::expected<bench_row, booking_outcome> measure(std::int64_t requests, std::int64_t workers,
                                                    std::int64_t runs) {
    bench_row row{.requests = requests};
    std::vector<std::int64_t> latencies;
    for (std::int64_t run = 0; run < runs; ++run) {
      std::vector<std::vector<bench_request>> work(static_cast<std::size_t>(workers));
      for (std::int64_t i = 0; i < requests; ++i) {
        if (auto added = add_show_if_used_up(); !added || !added->is_success) return std::unexpected(added);
        const auto worker = static_cast<std::size_t>(i % workers);
        work[worker].push_back(next_request(worker));
      }
      const bench_result result = load_.run(std::move(work));
      row.runs_ms.push_back(static_cast<double>(result.batch_us) / 1000 / static_cast<double>(requests));
      latencies.insert(latencies.end(), result.latencies_us.begin(), result.latencies_us.end());
      if (row.failed == 0) row.first_failure = result.first_failure;
      row.failed += result.failed;
      for (const auto& [hop, sum_ms] : result.hops_ms) row.hops_ms[hop] += sum_ms;
    }
    std::ranges::sort(latencies);
    row.p50_us = share_of(latencies, 0.5);
    row.p99_us = share_of(latencies, 0.99);
    for (auto& [hop, ms] : row.hops_ms) ms /= static_cast<double>(std::max<std::size_t>(latencies.size(), 1));
    return row;
  }

 private:
  struct bench_client {
    std::string id;
    std::string session_id;
    std::int64_t next_seq = 1;
  };

  booking_outcome ask(const std::string& method, const std::string& target, std::string body) {
    booking_request request{.method = method, .target = target, .body = std::move(body)};
    request.idempotency_key = make_idempotency_key();
    return administrator_.connection().call(request);
  }

  booking_outcome open_session(bench_client& of) {
    booking_connection_options options = administrator_.connection().options();
    options.client_id = of.id;
    booking_request request{.method = "POST", .target = "/v1/sessions", .body = R"({"lease_ms":300000})"};
    request.idempotency_key = make_idempotency_key();
    auto opened = booking_connection(options).call(request);
    if (!opened || !opened->is_success) return opened;
    of.session_id =
        json::parse(opened->body, nullptr, /*allow_exceptions=*/false).value("session_id", std::string());
    return opened;
  }

  booking_outcome add_show_if_used_up() {
    if (!shows_.empty() && next_seat_ < hall_rows * hall_columns)
      return booking_answer{.status = 200, .body = {}, .code = {}, .is_success = true, .server_timing = {}};
    next_seat_ = 0;
    shows_.push_back(fmt::format("{}-{}", name_, shows_.size()));
    json_writer body;
    body.open_object().field("cols", hall_columns).field("hall", "bench").field("movie", "bench");
    body.field("rows", hall_rows).field("show_id", shows_.back());
    body.field("starts_at_ms", std::int64_t{4'102'444'800'000}).close_object();
    return ask("POST", "/v1/shows", body.take());
  }

  bench_request next_request(std::size_t worker) {
    bench_client& client = clients_[worker];
    bench_request made{.server = worker % server_count_,
                       .show_id = shows_.back(),
                       .seat = fmt::format("{}{}", next_seat_ / hall_columns + 1,
                                           static_cast<char>('A' + next_seat_ % hall_columns)),
                       .client_id = client.id,
                       .session_id = client.session_id,
                       .seq = client.next_seq++};
    ++next_seat_;
    return made;
  }

  booking_client& administrator_;
  std::size_t server_count_;
  bench_load load_;
  std::string name_;
  std::vector<std::string> shows_;
  std::vector<bench_client> clients_;
  std::int64_t next_seat_ = 0;
};

json to_json(const bench_row& row) {
  return {{"requests", row.requests},
          {"runs_ms", row.runs_ms},
          {"ms", row.median_ms()},
          {"p50_ms", static_cast<double>(row.p50_us) / 1000},
          {"p99_ms", static_cast<double>(row.p99_us) / 1000},
          {"failed", row.failed},
          {"first_failure", row.first_failure},
          {"hops_ms", row.hops_ms}};
}

std::vector<std::string> to_cells(const bench_row& row) {
  std::string hops;
  for (const auto& [hop, ms] : row.hops_ms)
    hops += fmt::format("{}{} {:.2f}", hops.empty() ? "" : ", ", hop, ms);
  return {std::to_string(row.requests),
          fmt::format("{:.2f}", row.median_ms()),
          fmt::format("{:.2f}", static_cast<double>(row.p50_us) / 1000),
          fmt::format("{:.2f}", static_cast<double>(row.p99_us) / 1000),
          std::to_string(row.failed),
          hops};
}

exit_code run_all(const booking_arguments& arguments, const bench_arguments& asked, booking_client& client,
                  const std::vector<std::int64_t>& requests, std::optional<std::int64_t> in_flight,
                  std::vector<net::endpoint> servers) {
  const auto workers_for = [&](std::int64_t count) {
    return in_flight ? std::min(*in_flight, count) : count;
  };
  std::int64_t most = 1;
  for (const std::int64_t count : requests) most = std::max(most, workers_for(count));
  (void)net::raise_open_file_limit();
  booking_bench bench(client, std::move(servers), most);
  std::vector<std::vector<std::string>> table = {
      {"REQUESTS", "MS/REQUEST", "P50", "P99", "FAILED", "HOPS (MS)"}};
  json rows = json::array();
  for (const std::int64_t count : requests) {
    const std::int64_t workers = workers_for(count);
    if (const auto ready = bench.prepare(workers, in_flight.has_value()); !ready || !ready->is_success)
      return print_outcome(arguments, ready, [](const std::string& body) { return body; });
    const auto row = bench.measure(count, workers, asked.runs);
    if (!row) return print_outcome(arguments, row.error(), [](const std::string& body) { return body; });
    table.push_back(to_cells(*row));
    rows.push_back(to_json(*row));
    if (row->failed > 0 && !arguments.context.json)
      fmt::print(stderr, "marquee: {} of {} failed: {}\n", row->failed, count * asked.runs,
                 row->first_failure);
  }
  if (arguments.context.json)
    fmt::print("{}\n", dump({{"in_flight", asked.in_flight}, {"runs", asked.runs}, {"rows", rows}}));
  else
    fmt::print("{}", to_text(table));
  return to_exit_code(booking_exit::success);
}

exit_code run_bench(const booking_arguments& arguments, const bench_arguments& asked) {
  std::vector<std::int64_t> requests;
  for (const std::string& word : split_words(asked.requests)) {
    const auto count = parse_number(word, 1);
    if (!count || *count > hall_rows * hall_columns)
      return report_booking_usage(arguments, "--requests takes numbers from 1 to 26000, with commas");
    requests.push_back(*count);
  }
  std::optional<std::int64_t> in_flight;
  if (asked.in_flight != "N") {
    in_flight = parse_number(asked.in_flight, 1);
    if (!in_flight) return report_booking_usage(arguments, "--inflight takes a number, or N for all at once");
  }
  auto client = make_booking_client(arguments, default_client::administrator);
  if (!client) return client.error();
  std::vector<net::endpoint> servers;
  for (const booking_server& server : client->connection().options().servers) {
    const auto where = net::parse_endpoint(server.url);
    if (!where || !server.prefix.empty())
      return report_booking_usage(arguments, "bench needs front ends as host:port, not '" + server.url + "'");
    servers.push_back(*where);
  }
  return run_all(arguments, asked, *client, requests, in_flight, std::move(servers));
}

}  // namespace

void add_booking_bench_command(CLI::App& app, booking_arguments& arguments) {
  const auto asked = std::make_shared<bench_arguments>();
  CLI::App* bench = add_booking_task(app, arguments, "bench",
                                     "book single seats of a hall of its own; time of a batch / requests",
                                     [&arguments, asked] { return run_bench(arguments, *asked); });
  bench->add_option("--requests", asked->requests, "sizes of batches, with commas")->capture_default_str();
  bench->add_option("--runs", asked->runs, "of each; the median counts")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  bench
      ->add_option("--inflight", asked->in_flight,
                   "N: all requests of a batch at once; a number: so many clients with a session and one "
                   "request at a time each")
      ->capture_default_str();
}

}  // namespace marquee::cli
