#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>

#include "booking_app/voting/vote.h"
#include "net/deadline.h"
#include "net/task.h"

namespace marquee::booking {

/// A command as the front end puts it on `booking.cmd` (booking.md section 2), with what identifies it.
struct command_draft {
  std::string type;
  std::string client_id;
  std::optional<std::string> session_id{};
  std::optional<std::int64_t> seq{};
  std::optional<std::string> idem_key{};
  std::optional<std::int64_t> ack_below{};
  std::optional<std::pair<std::string, std::int64_t>> lock{};
  std::string body = "{}";  ///< JSON object, as the client sent it with the path's parts added; sorted
};

/// How an HTTP request with a command ended.
enum class submission_failure : std::uint8_t {
  in_progress,  ///< 409 IN_PROGRESS: the same key is under way here
  overloaded,   ///< 429 QUEUE: nothing was sent
  no_quorum,    ///< 503 NO_QUORUM, unknown
  no_majority,  ///< 503 NO_MAJORITY, unknown: the votes cannot agree any more
  timed_out,    ///< 504 TIMEOUT, unknown: in the log, but no majority of votes in time
  client_gone,
  stopping,
};

struct submitted_answer {
  voted_answer answer;
  std::int64_t produce_us = 0;  ///< from the request to the answer of the log
  std::int64_t vote_us = 0;     ///< from there to the majority
};

/// Puts commands on the log, many in one produce request, and gives each the answer that f+1 replicas agree
/// on. On the front end's loop.
class submission {
 public:
  virtual ~submission() = default;
  [[nodiscard]] virtual net::task<std::variant<submitted_answer, submission_failure>> submit(
      command_draft command, std::stop_token client_gone) = 0;
  /// For lock.acquire: the first answer; if that is WAITING, the second one (grant, time-out, session ended)
  /// if it comes within `wait_ms`, else the first.
  [[nodiscard]] virtual net::task<std::variant<submitted_answer, submission_failure>> submit_and_wait(
      command_draft command, std::int64_t wait_ms, std::stop_token client_gone) = 0;
  /// Commands that wait for the log or for votes.
  [[nodiscard]] virtual std::size_t under_way() const = 0;
};

}  // namespace marquee::booking
