#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace marquee::cli {

/// A moment by this machine's own clock, as it can be kept in a file: time since the machine started, which
/// no one sets and which goes on while it sleeps, with the name of that start; the wall clock across starts.
struct kept_moment {
  std::string boot_id;
  std::int64_t since_boot_ms = 0;
  std::int64_t wall_ms = 0;

  [[nodiscard]] static kept_moment now();
  /// The moment `ms` ago.
  [[nodiscard]] kept_moment before_ms(std::int64_t ms) const;
};
[[nodiscard]] std::int64_t elapsed_ms(const kept_moment& from, const kept_moment& to);

/// A client's session between two commands.
struct kept_session {
  std::string client_id;
  std::string session_id;
  std::int64_t lease_ms = 0;
  std::int64_t grace_ms = 0;
  kept_moment renewed;  ///< when the last request was sent that renewed it

  /// More than lease and grace have passed: it may have ended, and what it held with it.
  [[nodiscard]] bool is_over(const kept_moment& now) const {
    return elapsed_ms(renewed, now) > lease_ms + grace_ms;
  }
};

/// The sessions of `marquee booking`, one file for each client in a folder that only the user can read.
/// Files are replaced whole, so that commands of one client may run side by side: the last one's word stays.
class session_store {
 public:
  explicit session_store(std::string folder) : folder_(std::move(folder)) {}
  /// ~/.marquee/booking, of HOME or the user's entry.
  [[nodiscard]] static std::string default_folder();

  /// Nothing if there is none; what cannot be read counts as none.
  [[nodiscard]] std::optional<kept_session> load(const std::string& client_id) const;
  /// Errors: io, naming the file.
  [[nodiscard]] result<> save(const kept_session& session) const;
  void forget(const std::string& client_id) const;

 private:
  [[nodiscard]] std::string path_of(const std::string& client_id) const;

  std::string folder_;
};

}  // namespace marquee::cli
