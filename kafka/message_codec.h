#pragma once

#include <cstdint>
#include <string>

#include "base/assert.h"
#include "base/result.h"
#include "kafka/wire_reader.h"
#include "kafka/wire_writer.h"

/// What the .cpp files of kafka/api/ have in common. Each describes the fields of its messages once, as
/// `describe(io, message, version)`, which serves the reader and the writer.
namespace marquee::kafka {

template <class Message>
[[nodiscard]] constexpr wire_form form_of(std::int16_t version) {
  return version >= Message::first_flexible_version ? wire_form::flexible : wire_form::classic;
}

/// Bytes left over after the message are ignored: librdkafka sends some (kafka-protocol.md section 1).
template <class Message, class Describe>
result<Message> decode_message(const char* name, std::int16_t version, wire_reader& in, Describe describe) {
  if (version < Message::min_version || version > Message::max_version)
    return fail(error_code::unsupported, std::string(name) + " version " + std::to_string(version) +
                                             " is not between " + std::to_string(Message::min_version) +
                                             " and " + std::to_string(Message::max_version));
  in.set_form(form_of<Message>(version));
  Message message;
  describe(in, message, version);
  if (in.failed())
    return fail(error_code::corrupt, std::string(name) + " version " + std::to_string(version) +
                                         " is cut short, or a length in it is wrong");
  return message;
}

template <class Message, class Describe>
void encode_message(std::int16_t version, wire_writer& out, const Message& message, Describe describe) {
  MARQUEE_ASSERT(version >= Message::min_version && version <= Message::max_version,
                 "a message is encoded in a version that it does not have");
  out.set_form(form_of<Message>(version));
  describe(out, message, version);
}

}  // namespace marquee::kafka
