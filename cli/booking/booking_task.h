#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/booking/booking_connection.h"
#include "cli/booking/booking_exit.h"
#include "cli/booking/kept_session.h"
#include "cli/command_context.h"

namespace marquee::cli {

/// The options that every command of `marquee booking` takes, and the command context. Lives as long as the
/// command line.
struct booking_arguments {
  command_context& context;
  std::vector<std::string> servers{};
  std::string client_id{};
  std::string lease{};  ///< durations as they were written
  std::string grace{};
  std::string key{};
  std::int64_t seq = 0;  ///< 0: none
  std::int64_t ack_below = 0;
  std::string lock{};
  std::int64_t min_offset = -1;
  bool linearizable = false;
};

/// Whose id counts where none was given.
enum class default_client : std::uint8_t { user, administrator };

/// How a command takes part in the client's session, which commands of one client share.
enum class session_use : std::uint8_t {
  none,      ///< it has nothing to do with it
  if_kept,   ///< it belongs to the session if there is one; --lease and --grace make one
  required,  ///< one is opened if there is none
};

using booking_outcome = std::expected<booking_answer, booking_silence>;

/// One client of the booking application on the command line: a connection and the session that is kept
/// between commands. Belongs to one thread.
class booking_client {
 public:
  booking_client(booking_connection_options options, session_store store)
      : connection_(std::move(options)), store_(std::move(store)) {}

  struct leases {
    std::optional<std::int64_t> lease_ms{};
    std::optional<std::int64_t> grace_ms{};
  };
  void set_leases(leases wanted) { wanted_ = wanted; }
  [[nodiscard]] const leases& leases_wanted() const { return wanted_; }

  [[nodiscard]] booking_outcome read(const std::string& target);
  /// Sends a command, with a key of its own unless it has one, in the client's session. A session that is
  /// over by this machine's clock is a silence, SESSION_EXPIRED: nothing is sent, and the session is
  /// forgotten, so that the next command goes without it.
  [[nodiscard]] booking_outcome command(booking_request& request, session_use use);
  /// Opens a session and keeps it. `resume`: the id of one to go on with.
  [[nodiscard]] booking_outcome open_session(const std::optional<std::string>& resume);
  /// One keep-alive of a session, as the request says.
  [[nodiscard]] booking_outcome keep_alive(const booking_request& request, const kept_session& session);
  /// The session that is kept, if it is not over; over: a silence as above.
  [[nodiscard]] std::expected<std::optional<kept_session>, booking_silence> live_session();
  void forget_session() { store_.forget(connection_.options().client_id); }
  [[nodiscard]] booking_connection& connection() { return connection_; }

 private:
  void keep(kept_session session);

  booking_connection connection_;
  session_store store_;
  leases wanted_;
};

/// The client that the options describe. What is wrong with them has been reported when there is none.
[[nodiscard]] std::expected<booking_client, exit_code> make_booking_client(
    const booking_arguments& arguments, default_client fallback = default_client::user);

/// Prints an answer (with --json as it came, else as `show` says), a refusal or why there is none, and gives
/// the exit code.
using booking_view = std::function<std::string(const std::string& body)>;
exit_code print_outcome(const booking_arguments& arguments, const booking_outcome& outcome,
                        const booking_view& show, const booking_request* asked = nullptr);

/// A whole command: connect, send, print in words by the answer's code.
exit_code run_booking_command(const booking_arguments& arguments, booking_request request, session_use use,
                              default_client fallback = default_client::user);
/// A whole read. The query fields that --min-offset and --linearizable ask for are added.
exit_code run_booking_read(const booking_arguments& arguments, const std::string& target,
                           const booking_view& show, default_client fallback = default_client::user);
/// With those fields.
[[nodiscard]] std::string read_target(const booking_arguments& arguments, const std::string& target);

/// What is wrong with the command line, with this command's exit code.
exit_code report_booking_usage(const booking_arguments& arguments, const std::string& message);

/// Adds a command below `parent`.
CLI::App* add_booking_task(CLI::App& parent, booking_arguments& arguments, const std::string& name,
                           const std::string& what, std::function<exit_code()> run);

/// "/v1/shows/" and the id with what it needs escaped.
[[nodiscard]] std::string path_of(const std::string& kind, const std::string& id,
                                  const std::string& action = {});

}  // namespace marquee::cli
