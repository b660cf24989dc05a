// Load over HTTP: Marquee's API, or the same POST to any server. Prints one JSON document; README.md beside
// this file says how to read it.
//
//   http_load produce|consume|register-producer|register-consumer|create-topic|post [--option value]...

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <csignal>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "benchmarks/load/consume_operation.h"
#include "benchmarks/load/cpu_meter.h"
#include "benchmarks/load/http_engine.h"
#include "benchmarks/load/plain_operations.h"
#include "benchmarks/load/produce_operation.h"
#include "net/open_file_limit.h"

using namespace marquee;
using namespace marquee::load;

namespace {

struct http_load_options {
  load_options load;
  std::string operation;
  std::vector<std::string> urls{"http://127.0.0.1:8080"};
  std::int64_t producers = 64;
  consume_options consume;
  std::int64_t partitions = 1;
  std::int64_t replication_factor = 3;
  std::string body;
  std::vector<std::string> header_fields;
  std::string expected;
};

void describe(CLI::App& app, http_load_options& options) {
  app.add_option("operation", options.operation)
      ->required()
      ->check(CLI::IsMember(
          {"produce", "consume", "register-producer", "register-consumer", "create-topic", "post"}));
  app.add_option("--url,--load-balancer", options.urls,
                 "http://HOST:PORT, for post with a path; several: connections take turns");
  options.load.describe(app);
  app.add_option("--producers", options.producers, "produce: producers that the connections share")
      ->check(CLI::Range(1, 10'000));
  app.add_flag("--poll,!--no-poll", options.consume.polls,
               "consume: number each request, so that none is lost");
  app.add_flag("--manual-commit", options.consume.acknowledges, "consume: commit after each answer");
  app.add_flag("--rewind,!--no-rewind", options.consume.rewinds,
               "consume: begin again at the end of the topic");
  app.add_option("--wait-ms", options.consume.wait_ms, "consume: how long the end of the topic waits");
  app.add_option("--partitions", options.partitions, "create-topic");
  app.add_option("--replication-factor", options.replication_factor, "create-topic");
  app.add_option(
      "--body", options.body,
      "post: text, or @FILE; {n} becomes another number each time; default: --record-bytes letters");
  app.add_option("--header", options.header_fields,
                 "post: 'Name: value', besides Content-Type: application/json");
  app.add_option("--expect", options.expected, "post: text that a good answer holds");
}

plain_request post_request(const http_load_options& options) {
  plain_request request;
  const std::string& url = options.urls.front();
  const std::size_t host = url.find("://") == std::string::npos ? 0 : url.find("://") + 3;
  const std::size_t path = url.find('/', host);
  request.path = path == std::string::npos ? "/" : url.substr(path);
  if (options.body.starts_with('@')) {
    std::ostringstream text;
    text << std::ifstream(options.body.substr(1), std::ios::binary).rdbuf();
    request.body = text.str();
  } else {
    request.body = options.body.empty() ? make_payload(options.load.record_bytes, 1) : options.body;
  }
  for (const std::string& field : options.header_fields) request.more_fields += field + "\r\n";
  request.bytes = options.load.record_bytes;
  request.expected = options.expected;
  return request;
}

std::unique_ptr<http_operation> make_operation(http_load_options& options, const std::string& host) {
  const std::string& topic = options.load.topic;
  if (options.operation == "produce")
    return std::make_unique<produce_operation>(options.load, host, options.producers);
  if (options.operation == "consume")
    return std::make_unique<consume_operation>(options.load, options.consume, host);
  options.load.batch = 1;
  plain_request request = options.operation == "register-producer"   ? register_producer_request(topic)
                          : options.operation == "register-consumer" ? register_consumer_request(topic)
                          : options.operation == "create-topic"
                              ? create_topic_request(topic, options.partitions, options.replication_factor)
                              : post_request(options);
  return std::make_unique<plain_operation>(options.load, host, std::move(request));
}

int fail(const std::string& problem) {
  std::cerr << "http_load: " << problem << "\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  http_load_options options;
  CLI::App app("Load over HTTP; prints one JSON document");
  describe(app, options);
  CLI11_PARSE(app, argc, argv);
  if (options.load.topic.empty() && options.operation != "post") return fail("--topic is needed");
  std::vector<http_target> targets;
  for (const std::string& url : options.urls) {
    const auto target = resolve_target(url);
    if (!target) return fail(url + " is no http://HOST:PORT that can be resolved");
    targets.push_back(*target);
  }
  std::signal(SIGPIPE, SIG_IGN);
  net::raise_open_file_limit();
  const auto operation = make_operation(options, targets.front().host_header);
  http_engine engine(options.load, targets, *operation);
  if (const std::string problem = engine.set_up(); !problem.empty()) return fail(problem);
  const auto start = steady::now();
  cpu_meter meter(options.load.window_from(start));
  options.load.announce_start();
  const load_figures figures = engine.run(start);
  std::cout << figures.to_json(options.operation, meter.seconds()).dump() << "\n";
  return 0;
}
