#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "client/client_options.h"

namespace marquee::client {

struct http_question {
  std::string method;  ///< GET, POST, PATCH or DELETE
  std::string target;  ///< path and query
  std::string body;    ///< JSON; empty for none
};

struct http_answer {
  int status = 0;
  std::string body;
  std::string request_id;
};

enum class no_answer_kind : std::uint8_t {
  bad_address,  ///< the load balancer's address is none; trying again cannot help
  not_sent,     ///< certainly no byte of the request was written
  maybe_sent,
};

/// Why there is no answer.
struct no_answer {
  no_answer_kind kind = no_answer_kind::maybe_sent;
  std::string message;
};

/// One keep-alive connection to one of several load balancers; blocking. Belongs to one thread at a time.
/// When a connection fails, the next call goes to the next load balancer; nothing is sent again in here.
class http_session {
 public:
  explicit http_session(client_options options);
  http_session(http_session&&) noexcept;
  http_session& operator=(http_session&&) noexcept;
  ~http_session();

  [[nodiscard]] std::expected<http_answer, no_answer> send(const http_question& question,
                                                           std::int64_t timeout_ms);
  /// The load balancer that the next call goes to.
  [[nodiscard]] const std::string& load_balancer() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace marquee::client
