#pragma once

#include <nlohmann/json_fwd.hpp>

#include "client/api_failure.h"
#include "client/message.h"

namespace marquee::client {

/// Adds the fields of `source` to a produce request: as text where they are valid UTF-8, else in base64.
void put_message(nlohmann::json& target, const message& source);
/// Pairs of a name and text, null, or {"base64"}, as produce takes them and consume gives them.
[[nodiscard]] nlohmann::json headers_to_json(const std::vector<header>& headers);
/// Reads one answer to produce.
[[nodiscard]] outcome<stored_message> read_stored(const nlohmann::json& source);
/// Reads one item of `messages` of an answer to consume.
[[nodiscard]] outcome<received_message> read_received(const nlohmann::json& source);

/// An answer that does not have the promised form.
[[nodiscard]] api_failure malformed_answer(const std::string& what);

}  // namespace marquee::client
