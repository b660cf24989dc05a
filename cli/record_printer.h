#pragma once

#include <cstdint>
#include <ostream>

#include "client/message.h"

namespace marquee::cli {

enum class print_form : std::uint8_t {
  lines,               ///< the record's bytes, then a newline
  lines_with_offsets,  ///< partition:offset and a tab in front
  raw,                 ///< the record's bytes and nothing else
  json,                ///< one object a line
};

/// Writes one record. A tombstone is an empty line, nothing in `raw`, and says so in `json`.
void print_record(std::ostream& output, print_form form, const client::received_message& record);

}  // namespace marquee::cli
