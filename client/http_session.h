#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/client_options.h"

namespace marquee::client {

using http_fields = std::vector<std::pair<std::string, std::string>>;

struct http_question {
  std::string method;     ///< GET, POST, PUT, PATCH or DELETE
  std::string target;     ///< path and query
  std::string body;       ///< JSON; empty for none
  http_fields headers{};  ///< besides Content-Type and those of the connection
};

struct http_answer {
  int status = 0;
  std::string body;
  std::string request_id;
  std::int64_t retry_after_ms = 0;  ///< of the header Retry-After
  http_fields headers{};

  /// The first field of that name, whatever its case, or empty.
  [[nodiscard]] std::string_view header(std::string_view name) const;
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

/// An answer holds at most 10,000 messages and what the cluster reads ahead; more than this is not ours.
inline constexpr std::uint64_t largest_answer_bytes = std::uint64_t{256} << 20;

/// One keep-alive connection to one of several load balancers; blocking. Belongs to one thread at a time.
/// When a connection fails, the next call goes to the next load balancer; nothing is sent again in here. An
/// attempt is bounded in time and in bytes (`largest_answer_bytes`).
class http_session {
 public:
  explicit http_session(client_options options);
  http_session(http_session&&) noexcept;
  http_session& operator=(http_session&&) noexcept;
  ~http_session();

  [[nodiscard]] std::expected<http_answer, no_answer> send(const http_question& question,
                                                           std::int64_t timeout_ms);
  /// Takes an answer that goes on for ever (an event stream): gives `take` its body piece by piece, until it
  /// ends, `take` answers false, or nothing comes for `silence_ms`. The body of a failure is in the answer
  /// instead. The connection is closed afterwards.
  [[nodiscard]] std::expected<http_answer, no_answer> receive(
      const http_question& question, std::int64_t silence_ms,
      const std::function<bool(std::string_view)>& take);
  /// The next call goes to the next load balancer: this one answers, but cannot serve.
  void leave();
  /// The load balancer that the next call goes to.
  [[nodiscard]] const std::string& load_balancer() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace marquee::client
