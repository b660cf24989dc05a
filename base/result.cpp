#include "base/result.h"

namespace marquee {

std::string_view to_string(error_code code) {
  switch (code) {
    case error_code::invalid_argument:
      return "invalid argument";
    case error_code::not_found:
      return "not found";
    case error_code::already_exists:
      return "already exists";
    case error_code::conflict:
      return "conflict";
    case error_code::corrupt:
      return "corrupt";
    case error_code::unsupported:
      return "unsupported";
    case error_code::too_large:
      return "too large";
    case error_code::io:
      return "input/output error";
    case error_code::no_space:
      return "no space";
    case error_code::unavailable:
      return "unavailable";
    case error_code::not_leader:
      return "not leader";
    case error_code::timed_out:
      return "timed out";
    case error_code::cancelled:
      return "cancelled";
    case error_code::overloaded:
      return "overloaded";
    case error_code::refused:
      return "refused";
    case error_code::internal:
      return "internal error";
  }
  return "unknown error";
}

}  // namespace marquee
