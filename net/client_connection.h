#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "net/deadline.h"
#include "net/http_message.h"
#include "net/read_ahead.h"
#include "net/stream.h"
#include "net/task.h"

/// For the .cpp files of net/ only.
namespace marquee::net {

template <bool is_request>
class message_parser;

/// One connection of the HTTP client: a request out, its answer in, one at a time. Reads even while idle, so
/// that a server that closes is noticed before the connection is used again. On the client's loop.
class client_connection {
 public:
  explicit client_connection(stream connected);

  ~client_connection();

  struct attempt {
    result<http_response> response;  ///< after `begin` without a body
    bool sent_any_byte = false;
    bool closed_by_server = false;          ///< reset or closed before the whole answer had come
    bool any_byte_received = false;         ///< of the answer
    deadline body_end = deadline::never();  ///< after `begin`: how long the body may take
  };
  [[nodiscard]] task<attempt> exchange(std::string header, const http_request& request, deadline end,
                                       std::int64_t max_response_bytes,
                                       const std::function<void(int)>& on_interim);
  /// The same until the header section of the answer has come; `next_piece` reads the body.
  [[nodiscard]] task<attempt> begin(std::string header, const http_request& request, deadline end,
                                    std::uint64_t max_response_bytes,
                                    const std::function<void(int)>& on_interim);
  /// As http_answer_body::next.
  [[nodiscard]] task<result<std::optional<std::string>>> next_piece(deadline end);

  /// Fit for another request: whole answer read, nothing unasked in the buffer, not closed by anybody.
  [[nodiscard]] bool reusable() const;
  void close() { stream_.close(); }
  /// Ends the exchange under way; the server learns it at once.
  void abort() { stream_.abort(); }

  std::uint64_t exchanges = 0;
  deadline idle_until = deadline::never();

 private:
  enum class part : std::uint8_t { header, piece, whole };

  /// Sets `answer_` to the one that is no interim answer.
  [[nodiscard]] task<result<>> read_header(bool is_head, deadline end, std::uint64_t max_response_bytes,
                                           const std::function<void(int)>& on_interim);
  /// Feeds `answer_` until it has that part of the answer.
  [[nodiscard]] task<result<>> read_until(part wanted, deadline end);
  [[nodiscard]] bool has(part wanted) const;
  void note_failure(attempt& done);

  stream stream_;
  std::shared_ptr<read_ahead> input_;
  std::unique_ptr<message_parser<false>> answer_;
  bool keep_alive_ = true;
  bool busy_ = false;
};

}  // namespace marquee::net
