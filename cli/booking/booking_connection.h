#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "client/client_options.h"
#include "client/http_session.h"

namespace marquee::cli {

/// A front end, or a load balancer in front of them: "http://host:port" and what stands before "/v1" there.
struct booking_server {
  std::string url;
  std::string prefix{};
};
/// Reads "host:port", "http://host:port" and "http://host:port/booking". Errors: invalid_argument.
[[nodiscard]] result<booking_server> parse_booking_server(std::string_view text);

struct booking_connection_options {
  std::vector<booking_server> servers;
  std::string client_id;
  /// All attempts of one request together.
  std::int64_t deadline_ms = 60'000;
  /// One attempt; longer than the ten seconds after which a front end gives up, so that its word arrives.
  std::int64_t attempt_timeout_ms = 15'000;
  std::int64_t first_pause_ms = 20;
  std::int64_t longest_pause_ms = 1'000;
  std::function<bool()> is_cancelled{};
  client::fault_switches faults{};
};

struct booking_request {
  std::string method = "GET";
  std::string target{};   ///< from "/v1" on
  std::string body = {};  ///< JSON
  std::optional<std::string> session_id{};
  /// What makes a repeated command the same command; reads have neither.
  std::optional<std::string> idempotency_key{};
  std::optional<std::int64_t> seq{};
  std::optional<std::int64_t> ack_below{};
  std::optional<std::string> lock{};  ///< "hall-1:88"
  std::int64_t extra_wait_ms = 0;     ///< how long the front end may hold it
};

/// An answer that will not change: what was asked for was done, or it was refused for good.
struct booking_answer {
  int status = 0;
  std::string body;  ///< as it came
  std::string code;  ///< such as "RESERVED"; empty for reads
  bool is_success = false;
  bool replayed = false;
  std::string server_timing;
};

/// Why there is no such answer.
struct booking_silence {
  std::string code;     ///< of the last attempt, such as "NO_QUORUM", or "NO_CONNECTION", "NO_ANSWER"
  std::string message;  ///< of the last attempt
  /// Some attempt may be in the log: the same key or seq must be used to ask again.
  bool may_have_happened = false;
};

enum class attempt_verdict : std::uint8_t {
  final_answer,
  again,           ///< nothing happened; the next server, or the same one later
  again_in_doubt,  ///< it may have happened
};
/// What an answer means for whoever sent the request (booking-rules section 4). Pure.
[[nodiscard]] attempt_verdict judge_answer(int status, std::string_view code, std::string_view outcome);

/// A new key, which no other command has.
[[nodiscard]] std::string make_idempotency_key();

/// Asks front ends in turn until one gives an answer that is final, the deadline passes or the user
/// interrupts. A request is repeated as it is, with its key, at the next server: the state machine makes one
/// command of it, and what an earlier attempt did is in the answer. Blocks. Belongs to one thread at a time.
class booking_connection {
 public:
  explicit booking_connection(booking_connection_options options);

  [[nodiscard]] std::expected<booking_answer, booking_silence> call(const booking_request& request);
  /// One answer that goes on for ever, from one server; see client::http_session::receive.
  [[nodiscard]] std::expected<client::http_answer, client::no_answer> receive(
      const booking_request& request, std::int64_t silence_ms,
      const std::function<bool(std::string_view)>& take);
  /// When the attempt was sent whose answer `call` gave last: from then on a lease counts.
  [[nodiscard]] std::int64_t answered_attempt_sent_us() const { return sent_us_; }
  [[nodiscard]] const booking_connection_options& options() const { return options_; }
  /// Sleeps at most so long; false if the user interrupts.
  bool pause(std::int64_t duration_ms);
  [[nodiscard]] std::int64_t now_ms() const { return clock_.monotonic_ms(); }

 private:
  struct attempt_result {
    attempt_verdict verdict = attempt_verdict::again;
    booking_answer answer{};
    booking_silence silence{};
    std::int64_t retry_after_ms = 0;
    bool is_unreachable = false;  ///< nobody listens there
  };

  attempt_result attempt(const booking_request& request, std::int64_t timeout_ms);
  [[nodiscard]] client::http_question make_question(const booking_request& request) const;
  [[nodiscard]] bool is_cancelled() const;
  std::int64_t pause_before_attempt(const attempt_result& last, std::size_t attempts);

  booking_connection_options options_;
  std::vector<client::http_session> sessions_;  ///< one for each server
  std::size_t current_ = 0;
  random_source random_;
  system_clock clock_;
  std::int64_t sent_us_ = 0;
};

}  // namespace marquee::cli
