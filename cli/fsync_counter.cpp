#include "cli/fsync_counter.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "client/http_session.h"

namespace marquee::cli {

namespace {

constexpr std::int64_t scrape_timeout_ms = 3'000;

bool is_fsync_count(std::string_view name) {
  return name.starts_with("marquee_") && name.ends_with("fsyncs_total");
}

}  // namespace

std::optional<std::int64_t> sum_of_fsyncs(std::string_view metrics_text) {
  std::optional<std::int64_t> sum;
  while (!metrics_text.empty()) {
    const std::size_t end = metrics_text.find('\n');
    const std::string_view line = metrics_text.substr(0, end);
    metrics_text = end == std::string_view::npos ? std::string_view{} : metrics_text.substr(end + 1);
    const std::size_t blank = line.find_last_of(' ');
    if (line.empty() || line[0] == '#' || blank == std::string_view::npos) continue;
    if (!is_fsync_count(line.substr(0, line.find_first_of("{ ")))) continue;
    const std::string value(line.substr(blank + 1));
    sum = sum.value_or(0) + std::llround(std::strtod(value.c_str(), nullptr));
  }
  return sum;
}

std::optional<std::int64_t> count_fsyncs(const std::vector<std::string>& broker_urls) {
  std::optional<std::int64_t> sum;
  for (const std::string& url : broker_urls) {
    client::client_options options;
    options.load_balancers = {url};
    client::http_session session(options);
    const auto answer = session.send({"GET", "/metrics", ""}, scrape_timeout_ms);
    if (!answer || answer->status != 200) return std::nullopt;
    const auto count = sum_of_fsyncs(answer->body);
    if (!count) return std::nullopt;
    sum = sum.value_or(0) + *count;
  }
  return sum;
}

}  // namespace marquee::cli
