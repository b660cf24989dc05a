#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace marquee {

/// What kind of failure it was, for the caller to act on. The message is for people.
enum class error_code : std::uint8_t {
  invalid_argument,  ///< the caller's input is wrong; trying again cannot help
  not_found,
  already_exists,
  conflict,     ///< a compare-and-set lost, or another identity holds the place
  corrupt,      ///< bytes do not match their checksum or format
  unsupported,  ///< a version or feature that this release does not know
  too_large,    ///< over a limit; the message names the limit
  io,           ///< the operating system failed a read, write or sync
  no_space,     ///< the disk is full
  unavailable,  ///< not now: no leader, no quorum, no connection
  not_leader,   ///< another replica leads
  timed_out,    ///< the outcome is unknown unless the function says otherwise
  cancelled,    ///< the caller went away or the process stops
  overloaded,   ///< a queue is full
  refused,      ///< the other side said no (wrong cluster, wrong secret, fenced)
  internal,     ///< a bug
};

[[nodiscard]] std::string_view to_string(error_code code);

struct error {
  error_code code = error_code::internal;
  std::string message;
};

/// A value, or why there is none. [[nodiscard]] as a type, so that no failure is dropped silently.
template <class T = void>
class [[nodiscard]] result : public std::expected<T, error> {
 public:
  using std::expected<T, error>::expected;
};

using failure = std::unexpected<error>;

/// `return fail(error_code::corrupt, "...")` in any function that returns a result.
[[nodiscard]] inline failure fail(error_code code, std::string message) {
  return failure(error{code, std::move(message)});
}
/// Passes another result's error on, with what was being done in front of it.
template <class T>
[[nodiscard]] failure fail(const result<T>& cause, std::string_view doing) {
  return failure(error{cause.error().code, std::string(doing) + ": " + cause.error().message});
}
/// Passes another result's error on unchanged.
template <class T>
[[nodiscard]] failure fail(const result<T>& cause) {
  return failure(cause.error());
}

}  // namespace marquee
