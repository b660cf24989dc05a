// The alternative: cpp-httplib, a thread from a pool for each connection. Answers as coroutine_server does.

#include <httplib.h>

#include <cstdlib>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: thread_pool_server PORT THREADS\n";
    return 2;
  }
  const int threads = std::atoi(argv[2]);
  httplib::Server server;
  server.new_task_queue = [threads] { return new httplib::ThreadPool(static_cast<std::size_t>(threads)); };
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(1'000'000'000);
  server.Post(".*", [](const httplib::Request&, httplib::Response& answer) {
    answer.set_content(R"({"status":"success","partition":0,"offset":12345})", "application/json");
  });
  return server.listen("127.0.0.1", std::atoi(argv[1])) ? 0 : 1;
}
