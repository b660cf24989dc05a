// Two hops of HTTP with nothing behind them: a proxy before a server that reads a request and answers with a
// small JSON body. One thread each, Beast's own message types, connections kept open. What any load balancer
// before a manager can reach at best on the machine; net/ is left out on purpose, since it is a part of what
// is compared with this.
//
//   echo_chain echo PORT
//   echo_chain proxy PORT ECHO_PORT

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::use_awaitable;
using asio::ip::tcp;
using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

namespace {

tcp::endpoint loopback(std::uint16_t port) {
  return {asio::ip::make_address_v4("127.0.0.1"), port};
}

/// One connection to the server behind, used by one request at a time.
struct upstream {
  tcp::socket socket;
  beast::flat_buffer buffer{};
};

/// A connection is taken for one request and put back: as many are open as requests were under way at once.
class upstream_pool {
 public:
  upstream_pool(asio::io_context& loop, std::uint16_t port) : loop_(loop), port_(port) {}

  asio::awaitable<response> pass_on(request message) {
    upstream connection = co_await take();
    co_await http::async_write(connection.socket, message, use_awaitable);
    response answer;
    co_await http::async_read(connection.socket, connection.buffer, answer, use_awaitable);
    idle_.push_back(std::move(connection));
    co_return answer;
  }

 private:
  asio::awaitable<upstream> take() {
    if (!idle_.empty()) {
      upstream found = std::move(idle_.back());
      idle_.pop_back();
      co_return found;
    }
    upstream opened{.socket = tcp::socket(loop_)};
    co_await opened.socket.async_connect(loopback(port_), use_awaitable);
    opened.socket.set_option(tcp::no_delay(true));
    co_return opened;
  }

  asio::io_context& loop_;
  std::uint16_t port_;
  std::vector<upstream> idle_;
};

asio::awaitable<response> echo(request message) {
  response answer(http::status::ok, message.version());
  answer.set(http::field::content_type, "application/json");
  answer.body() =
      R"({"status":"success","partition":0,"offset":)" + std::to_string(message.body().size()) + "}";
  answer.keep_alive(true);
  answer.prepare_payload();
  co_return answer;
}

asio::awaitable<void> serve(tcp::socket socket, upstream_pool* behind) {
  try {
    beast::flat_buffer buffer;
    for (;;) {
      request message;
      co_await http::async_read(socket, buffer, message, use_awaitable);
      response answer;
      if (behind != nullptr)
        answer = co_await behind->pass_on(std::move(message));
      else
        answer = co_await echo(std::move(message));
      co_await http::async_write(socket, answer, use_awaitable);
    }
  } catch (const boost::system::system_error&) {
    // The client closed, or the server behind did: this connection ends, others go on.
  }
}

asio::awaitable<void> accept_all(tcp::acceptor acceptor, upstream_pool* behind) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
    socket.set_option(tcp::no_delay(true));
    asio::co_spawn(acceptor.get_executor(), serve(std::move(socket), behind), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string role = argc > 1 ? argv[1] : "";
  if (!(role == "echo" && argc == 3) && !(role == "proxy" && argc == 4)) {
    std::cerr << "usage: echo_chain echo PORT | echo_chain proxy PORT ECHO_PORT\n";
    return 2;
  }
  asio::io_context loop(1);
  upstream_pool pool(loop, static_cast<std::uint16_t>(argc == 4 ? std::atoi(argv[3]) : 0));
  try {
    tcp::acceptor acceptor(loop, loopback(static_cast<std::uint16_t>(std::atoi(argv[2]))));
    asio::co_spawn(loop, accept_all(std::move(acceptor), role == "proxy" ? &pool : nullptr), asio::detached);
    asio::signal_set stopping(loop, SIGINT, SIGTERM);
    stopping.async_wait([&loop](auto, auto) { loop.stop(); });
    loop.run();
  } catch (const boost::system::system_error& problem) {
    std::cerr << "echo_chain: port " << argv[2] << ": " << problem.what() << "\n";
    return 1;
  }
  return 0;
}
