#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/deadline.h"
#include "net/http_message.h"
#include "net/read_ahead.h"
#include "net/stream.h"
#include "net/task.h"

/// For the .cpp files of net/ only.
namespace marquee::net {

/// One connection of the HTTP client: a request out, its answer in, one at a time. Reads even while idle, so
/// that a server that closes is noticed before the connection is used again. On the client's loop.
class client_connection {
 public:
  explicit client_connection(stream connected);

  struct attempt {
    result<http_response> response;
    bool sent_any_byte = false;
    bool closed_by_server = false;   ///< reset or closed before the whole answer had come
    bool any_byte_received = false;  ///< of the answer
  };
  [[nodiscard]] task<attempt> exchange(std::string header, const http_request& request, deadline end,
                                       std::int64_t max_response_bytes,
                                       const std::function<void(int)>& on_interim);

  /// Fit for another request: whole answer read, nothing unasked in the buffer, not closed by anybody.
  [[nodiscard]] bool reusable() const;
  void close() { stream_.close(); }
  /// Ends the exchange under way; the server learns it at once.
  void abort() { stream_.abort(); }

  std::uint64_t exchanges = 0;
  deadline idle_until = deadline::never();

 private:
  [[nodiscard]] task<result<http_response>> read_response(bool is_head, deadline end,
                                                          std::int64_t max_response_bytes,
                                                          const std::function<void(int)>& on_interim);

  stream stream_;
  std::shared_ptr<read_ahead> input_;
  bool keep_alive_ = true;
  bool busy_ = false;
};

}  // namespace marquee::net
