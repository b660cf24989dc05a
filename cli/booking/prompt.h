#pragma once

#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <istream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/booking/booking_connection.h"
#include "cli/booking/kept_session.h"

namespace marquee::cli {

struct prompt_options {
  /// Servers and times; the client id is each line's own.
  booking_connection_options connection;
  std::string administrator = "admin";
  std::string show;  ///< empty: the first one there is
  std::int64_t columns = 7;
  std::optional<std::int64_t> lease_ms{};
  std::optional<std::int64_t> grace_ms{};
  bool json = false;
};

/// The prompt of `marquee booking repl`: several clients, each with a session that lives as long as the
/// prompt and is kept alive by a thread of its own. What goes wrong is said in a line and does not end it.
class booking_prompt {
 public:
  using output = std::function<void(const std::string& line)>;

  booking_prompt(prompt_options options, output print);
  /// Closes the sessions.
  ~booking_prompt();
  booking_prompt(const booking_prompt&) = delete;
  booking_prompt& operator=(const booking_prompt&) = delete;

  /// One line; false: the user is done.
  bool take(const std::string& line);
  [[nodiscard]] static std::string help();

 private:
  struct member {
    std::unique_ptr<booking_connection> connection;
    std::optional<kept_session> session;
    bool in_jeopardy = false;
  };
  using words = std::vector<std::string>;

  member& member_of(const std::string& client);
  booking_connection& administrator();
  /// Prints and returns what an answer holds: its body if it was a success.
  std::optional<std::string> tell(const std::string& who,
                                  const std::expected<booking_answer, booking_silence>& outcome,
                                  const std::function<std::string(const std::string&)>& show);
  bool open_session(const std::string& client, member& of);
  void act(const std::string& client, const words& seats, const std::string& action);
  void scale(std::int64_t rows);
  void clean();
  void add_show(const std::string& body);
  std::optional<std::string> find_show();
  std::expected<booking_answer, booking_silence> ask_administrator(booking_request request);

  void keep_alive();
  void renew(const std::string& client, kept_session session, booking_connection& connection);

  prompt_options options_;
  output print_;
  std::map<std::string, member> members_;
  std::unique_ptr<booking_connection> administrator_;

  std::mutex mutex_;  ///< sessions and jeopardy of the members, and printing
  std::condition_variable ending_;
  bool is_ending_ = false;
  std::thread keeper_;
};

}  // namespace marquee::cli
