#pragma once

#include <string>

#include "read_manager/consumer_session.h"

namespace marquee::read_manager {

/// The members of a delivered message without braces, as http-api.md gives them: text where the bytes are
/// valid UTF-8, else base64; headers as an object, and as a list too where the object would lose something.
void append_message_members(std::string& out, const delivered_record& item);

/// The body of an answer to consume: the single fields repeat the first message.
[[nodiscard]] std::string consume_answer(const delivery& what);

}  // namespace marquee::read_manager
