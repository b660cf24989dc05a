#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::load {

/// Where requests go; resolved once.
struct http_target {
  std::string host_header;  ///< host and port as they were written
  sockaddr_storage address{};
  socklen_t address_bytes = 0;
};

/// `text` is HOST:PORT, with or without http:// before it and a path behind it. Null if it cannot be
/// resolved.
[[nodiscard]] std::optional<http_target> resolve_target(std::string_view text);

/// A request in two parts that are sent one after the other: what changes, and what many requests share. Both
/// live until the answer is there.
struct http_request_text {
  std::string_view head;
  std::string_view tail;
};

struct http_answer {
  int status = 0;
  std::string_view body;  ///< until the next request of the connection
};

/// One keep-alive connection of the load with at most one request under way. Never blocks: the owner calls
/// `advance` when its descriptor, registered edge-triggered at `epoll`, has an event. Lives on the owner's
/// thread.
class http_connection {
 public:
  http_connection(int epoll, const http_target& target, std::uint32_t number);
  http_connection(const http_connection&) = delete;
  http_connection& operator=(const http_connection&) = delete;
  ~http_connection();

  /// Sends as much as the socket takes; connects first where there is no connection.
  void start(http_request_text request);
  /// Sends and reads on. An answer once it is whole; `failure` tells if the connection broke before that.
  [[nodiscard]] std::optional<http_answer> advance();
  /// Why the request that was under way has no answer; empty if there is none or it may still come.
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] bool is_busy() const { return busy_; }
  /// Gives the request up, and forgets why it failed.
  void abandon();

 private:
  class answer_parser;

  void open();
  void close();
  void fail(const std::string& why);
  void send_rest();
  std::optional<http_answer> read_on();

  int epoll_;
  const http_target& target_;
  std::uint32_t number_;
  int socket_ = -1;
  bool connecting_ = false;
  bool busy_ = false;
  http_request_text request_;
  std::size_t sent_ = 0;
  std::string failure_;
  std::unique_ptr<answer_parser> parser_;
  std::vector<char> buffer_;  ///< what was read and not parsed yet: first `held_` bytes
  std::size_t held_ = 0;
};

}  // namespace marquee::load
