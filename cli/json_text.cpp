#include "cli/json_text.h"

#include <nlohmann/json.hpp>

#include "base/logging.h"

namespace marquee::cli {

using nlohmann::json;

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string text_at(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return "-";
  return escape_for_log(found->is_string() ? found->get<std::string>() : found->dump());
}

}  // namespace marquee::cli
