// Stores the lines of standard input in order, each of them once, whatever happens meanwhile to the cluster.
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "client/producer.h"

namespace client = marquee::client;

namespace {

client::client_options options_for(const std::string& urls) {
  client::client_options options;
  options.load_balancers.clear();
  std::istringstream list(urls);
  for (std::string url; std::getline(list, url, ',');) options.load_balancers.push_back(url);
  options.deadline_ms = 60'000;
  return options;
}

/// False if a line could not be stored. Its sequence is what a later run has to begin with: a message that
/// was stored although its answer never came is recognized by it.
bool store(client::producer& producer, std::int64_t first_sequence,
           const std::vector<client::message>& batch) {
  const auto results = producer.produce_from(first_sequence, batch);
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i]) continue;
    std::cerr << to_string(results[i].error()) << "\ngo on with the id " << producer.id()
              << " and the sequence " << first_sequence + static_cast<std::int64_t>(i) << "\n";
    return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: produce_with_retries URL[,URL] TOPIC PRODUCER_ID|new FIRST_SEQUENCE < lines\n";
    return 2;
  }
  const client::client_options options = options_for(argv[1]);
  std::string id = argv[3];
  if (id == "new") {
    const auto registered = client::producer::register_at(options, argv[2]);
    if (!registered) {
      std::cerr << to_string(registered.error()) << "\n";
      return 1;
    }
    id = registered->id();
  }
  client::producer producer(options, argv[2], id);
  std::int64_t sequence = std::atoll(argv[4]);
  std::vector<client::message> batch;
  bool is_open = true;
  while (is_open) {
    std::string line;
    is_open = static_cast<bool>(std::getline(std::cin, line));
    if (is_open) batch.push_back({.value = line});
    if (batch.empty() || (is_open && batch.size() < 100)) continue;
    if (!store(producer, sequence, batch)) return 1;
    sequence += static_cast<std::int64_t>(batch.size());
    batch.clear();
  }
  std::cout << "stored " << sequence << " lines, " << producer.repeated_attempts() << " attempts repeated\n";
  return 0;
}
