#pragma once

#include <string>
#include <variant>

#include "base/bytes.h"
#include "booking_app/machine/command.h"
#include "booking_app/machine/json_tree.h"

namespace marquee::booking {

/// Why a record is no command, with what of it could be read, so that whoever sent it can be told.
struct undecodable {
  std::string reason;
  std::string_view client_id;
  answer_key key;
  std::string_view reply_to;
};

/// Step 1 of the order of checks: is it JSON, a known type, fields of the right types and none else, ids well
/// formed. Owned by one machine; what it gives lives until the next call.
class command_decoder {
 public:
  [[nodiscard]] std::variant<command, undecodable> decode(bytes_view record);

 private:
  json_parser parser_;
  std::string scratch_;
};

}  // namespace marquee::booking
