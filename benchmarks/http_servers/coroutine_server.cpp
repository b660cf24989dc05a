// The server side of Marquee's own HTTP layer: one event loop, coroutines. Answers every POST with a small
// JSON body.

#include <cstdlib>
#include <iostream>

#include "net/event_loop.h"
#include "net/http_server.h"
#include "net/stop_signal.h"

using namespace marquee;

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: coroutine_server PORT\n";
    return 2;
  }
  net::event_loop loop("http");
  net::listener_options where;
  where.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  where.max_connections = 4096;
  auto server =
      net::http_server::start(loop, where, {}, [](net::http_exchange&) -> net::task<net::http_response> {
        net::http_response answer;
        answer.status = 200;
        answer.body = R"({"status":"success","partition":0,"offset":12345})";
        co_return answer;
      });
  if (!server) {
    std::cerr << server.error().message << "\n";
    return 1;
  }
  net::wait_for_stop_signal();
  (*server)->stop();
  return 0;
}
