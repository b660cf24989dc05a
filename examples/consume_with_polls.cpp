// Prints the given number of records of a topic. Every consume carries a poll number, which the library
// counts: an answer that was lost is asked for again, so that nothing is skipped or printed twice.
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>

#include "client/consumer.h"

namespace client = marquee::client;

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: consume_with_polls URL[,URL] TOPIC COUNT\n";
    return 2;
  }
  client::client_options options;
  options.load_balancers.clear();
  std::istringstream list(argv[1]);
  for (std::string url; std::getline(list, url, ',');) options.load_balancers.push_back(url);
  // Half of what goes wrong on a real network, for those who want to see it work.
  if (const char* every = std::getenv("DROP_ANSWER_EVERY"))
    options.faults.drop_answer_every = std::atoll(every);

  auto consumer = client::consumer::register_at(options, argv[2], client::start_position::earliest);
  if (!consumer) {
    std::cerr << to_string(consumer.error()) << "\n";
    return 1;
  }
  for (std::int64_t left = std::atoll(argv[3]); left > 0;) {
    // A long poll: returns as soon as there is something, or with nothing after 5 s.
    const auto message = consumer->next({.max_messages = 100, .wait_ms = 5'000});
    if (!message) {
      std::cerr << to_string(message.error()) << "\n";
      return 1;
    }
    if (!*message) {
      std::cerr << "nothing to read, " << left << " are missing\n";
      return 1;
    }
    std::cout << (*message)->value.value_or("(tombstone)") << "\n";
    --left;
  }
  return consumer->remove() ? 0 : 1;
}
