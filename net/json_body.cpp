#include "net/json_body.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <deque>
#include <nlohmann/json.hpp>

#include "net/json_pointer.h"

namespace marquee::net {

using nlohmann::json;

struct json_body::node {
  const json* object = nullptr;
  std::string pointer;
  std::vector<std::string_view> asked;
};

struct json_body::document {
  json root;
  bool from_text = false;  ///< a query: every value is a text
  std::deque<node> nodes;  ///< stable addresses
  std::optional<json_problem> problem;

  void note(std::string pointer, std::string message) {
    if (!problem) problem = json_problem{std::move(pointer), std::move(message)};
  }
};

namespace {

std::string range_text(std::int64_t least, std::int64_t most) {
  return "must be an integer from " + std::to_string(least) + " to " + std::to_string(most);
}

std::optional<std::int64_t> integer_of(const json& value, bool from_text) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  // 3.0 and 1e3 are integers too (JSON Schema, section 6.1.1), as far as a double holds them exactly.
  if (value.is_number_float()) {
    constexpr double largest_exact = 9007199254740992.0;
    const auto number = value.get<double>();
    if (std::abs(number) > largest_exact || std::trunc(number) != number) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (!from_text || !value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  std::int64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::int64_t> json_integer(const json& value) {
  return integer_of(value, /*from_text=*/false);
}

json_body::json_body(std::shared_ptr<document> document, node* here)
    : document_(std::move(document)), here_(here) {}

json_body json_body::parse(std::string_view text) {
  auto owner = std::make_shared<document>();
  owner->root = json::object();
  if (!text.empty()) {
    auto parsed = parse_json(text);
    if (!parsed) {
      owner->problem = std::move(parsed.error());
    } else if (!parsed->is_object()) {
      owner->note("", "must be a JSON object");
    } else {
      owner->root = std::move(*parsed);
    }
  }
  node& root = owner->nodes.emplace_back(&owner->root, "");
  return {std::move(owner), &root};
}

json_body json_body::from_query(const http_request& request) {
  auto owner = std::make_shared<document>();
  owner->root = json::object();
  owner->from_text = true;
  for (const auto& [name, value] : request.query) {
    if (!owner->root.emplace(name, value).second)
      owner->note("/" + escape_pointer(name), "given twice in the query");
  }
  node& root = owner->nodes.emplace_back(&owner->root, "");
  return {std::move(owner), &root};
}

const json* json_body::ask(std::string_view name) {
  here_->asked.push_back(name);
  const auto found = here_->object->find(name);
  return found == here_->object->end() ? nullptr : &*found;
}

const json* json_body::require(std::string_view name) {
  const json* value = ask(name);
  if (value == nullptr) refuse(name, "is missing");
  return value;
}

bool json_body::has(std::string_view name) const {
  return here_->object->contains(name);
}

bool json_body::is_null(std::string_view name) const {
  const auto found = here_->object->find(name);
  return found != here_->object->end() && found->is_null();
}

std::string json_body::text(std::string_view name) {
  const json* value = require(name);
  if (value == nullptr) return {};
  if (value->is_string()) return value->get<std::string>();
  refuse(name, "must be a text");
  return {};
}

std::optional<std::string> json_body::optional_text(std::string_view name) {
  if (!has(name)) {
    here_->asked.push_back(name);
    return std::nullopt;
  }
  return text(name);
}

std::int64_t json_body::integer(std::string_view name, std::int64_t least, std::int64_t most) {
  const json* value = require(name);
  if (value == nullptr) return least;
  const std::optional<std::int64_t> number = integer_of(*value, document_->from_text);
  if (number && *number >= least && *number <= most) return *number;
  refuse(name, range_text(least, most));
  return least;
}

std::optional<std::int64_t> json_body::optional_integer(std::string_view name, std::int64_t least,
                                                        std::int64_t most) {
  if (!has(name)) {
    here_->asked.push_back(name);
    return std::nullopt;
  }
  return integer(name, least, most);
}

std::int64_t json_body::integer_or(std::string_view name, std::int64_t fallback, std::int64_t least,
                                   std::int64_t most) {
  return optional_integer(name, least, most).value_or(fallback);
}

bool json_body::flag_or(std::string_view name, bool fallback) {
  const json* value = ask(name);
  if (value == nullptr) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  if (document_->from_text && *value == "true") return true;
  if (document_->from_text && *value == "false") return false;
  refuse(name, "must be true or false");
  return fallback;
}

json_body json_body::child(const json& value, std::string pointer) {
  node& place = document_->nodes.emplace_back(&value, std::move(pointer));
  return {document_, &place};
}

std::optional<json_body> json_body::optional_object(std::string_view name) {
  const json* value = ask(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_object()) return child(*value, here_->pointer + "/" + escape_pointer(name));
  refuse(name, "must be an object");
  return std::nullopt;
}

std::vector<json_body> json_body::objects(std::string_view name, std::size_t most) {
  const json* value = ask(name);
  if (value == nullptr) return {};
  if (!value->is_array() || value->size() > most) {
    refuse(name, "must be a list of at most " + std::to_string(most) + " objects");
    return {};
  }
  const std::string prefix = here_->pointer + "/" + escape_pointer(name) + "/";
  std::vector<json_body> all;
  all.reserve(value->size());
  for (std::size_t i = 0; i < value->size(); ++i) {
    if (!(*value)[i].is_object()) {
      document_->note(prefix + std::to_string(i), "must be an object");
      return {};
    }
    all.push_back(child((*value)[i], prefix + std::to_string(i)));
  }
  return all;
}

std::vector<std::string> json_body::texts(std::string_view name, std::size_t most) {
  const json* value = ask(name);
  if (value == nullptr) return {};
  const bool fits =
      value->is_array() && value->size() <= most &&
      std::all_of(value->begin(), value->end(), [](const json& each) { return each.is_string(); });
  if (fits) return value->get<std::vector<std::string>>();
  refuse(name, "must be a list of at most " + std::to_string(most) + " texts");
  return {};
}

std::vector<std::pair<std::string, std::string>> json_body::scalar_members(std::string_view name) {
  const json* value = ask(name);
  if (value == nullptr) return {};
  if (!value->is_object()) {
    refuse(name, "must be an object");
    return {};
  }
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [key, member] : value->items()) {
    if (member.is_string()) {
      all.emplace_back(key, member.get<std::string>());
    } else if (member.is_number() || member.is_boolean()) {
      all.emplace_back(key, member.dump());
    } else {
      document_->note(here_->pointer + "/" + escape_pointer(name) + "/" + escape_pointer(key),
                      "must be a text, a number or true or false");
    }
  }
  return all;
}

const json* json_body::raw(std::string_view name) {
  return ask(name);
}

void json_body::refuse(std::string_view name, std::string message) {
  std::string pointer = here_->pointer;
  if (!name.empty()) pointer += "/" + escape_pointer(name);
  document_->note(std::move(pointer), std::move(message));
}

bool json_body::failed() const {
  return document_->problem.has_value();
}

std::optional<json_problem> json_body::finish() {
  for (const node& each : document_->nodes) {
    if (document_->problem) break;
    for (const auto& [key, value] : each.object->items()) {
      if (key.starts_with("x_") || std::find(each.asked.begin(), each.asked.end(), key) != each.asked.end())
        continue;
      document_->note(each.pointer + "/" + escape_pointer(key), "is not a field of this request");
      break;
    }
  }
  return document_->problem;
}

namespace {

/// An answer does not repeat megabytes of the request that it refuses.
constexpr std::size_t longest_pointer_told = 512;
constexpr std::size_t longest_message_told = 1024;

std::string shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80)
    --most;  // not within a character
  return std::string(text.substr(0, most)) + "...";
}

}  // namespace

api_error bad_request(std::string component, const json_problem& problem) {
  const std::string pointer = shortened(problem.pointer, longest_pointer_told);
  const std::string where = pointer.empty() ? "the request" : "'" + pointer + "'";
  return bad_request(std::move(component), where + ": " + shortened(problem.message, longest_message_told),
                     pointer);
}

std::optional<api_error> check_json_content_type(const http_request& request, const std::string& component) {
  std::string_view type = request.headers.get("Content-Type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (type.empty() || equals_ignoring_case(type, "application/json")) return std::nullopt;
  api_error problem;
  problem.status = 415;
  problem.code = "UNSUPPORTED_MEDIA_TYPE";
  problem.message = "the content type must be application/json (or not given)";
  problem.component = component;
  return problem;
}

}  // namespace marquee::net
