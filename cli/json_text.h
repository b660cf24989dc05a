#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace marquee::cli {

/// One line of JSON; bytes that are no UTF-8 become replacement characters.
[[nodiscard]] std::string dump(const nlohmann::json& value);
/// A field for people: escaped, and "-" where there is none or it is null.
[[nodiscard]] std::string text_at(const nlohmann::json& object, const char* name);

}  // namespace marquee::cli
