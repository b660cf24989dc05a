#pragma once

#include <cstdint>
#include <ostream>

#include "client/message.h"

namespace marquee::cli {

enum class print_form : std::uint8_t {
  lines,  ///< the record's bytes, then the separator
  raw,    ///< the record's bytes and nothing else
  json,   ///< one object a line
};

struct print_options {
  print_form form = print_form::lines;
  /// In `lines`, each followed by a tab, in this order, in front of the record.
  bool offsets = false;     ///< partition:offset
  bool timestamps = false;  ///< milliseconds since 1970 UTC
  bool key = false;         ///< nothing for no key
  bool headers = false;     ///< name=value, with commas between; a name alone for null
  char separator = '\n';
};

/// Writes one record. A tombstone is an empty line, nothing in `raw`, and says so in `json`. Only `json`
/// tells every record apart from every other one.
void print_record(std::ostream& output, const print_options& options, const client::received_message& record);

}  // namespace marquee::cli
