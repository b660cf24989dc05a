#include "base/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <toml.hpp>
#include <utility>

#include "base/assert.h"
#include "base/logging.h"

namespace marquee {

namespace {

constexpr const char* integer_type = "integer";
constexpr const char* text_type = "text";
constexpr const char* flag_type = "flag";
constexpr const char* list_type = "list of text";

const config_key* find_key(const std::vector<config_key>& keys, std::string_view name) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const config_key& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

result<> parse_integer(std::string_view text, std::int64_t least, std::int64_t most, std::int64_t& field) {
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed == std::errc::result_out_of_range)
    return fail(error_code::invalid_argument, fmt::format("{} is not within {} to {}", text, least, most));
  if (failed != std::errc{} || end != text.data() + text.size())
    return fail(error_code::invalid_argument, fmt::format("'{}' is not an integer", escape_for_log(text)));
  if (value < least || value > most)
    return fail(error_code::invalid_argument, fmt::format("{} is not within {} to {}", value, least, most));
  field = value;
  return {};
}

result<> parse_flag(std::string_view text, bool& field) {
  if (text != "true" && text != "false")
    return fail(error_code::invalid_argument,
                fmt::format("'{}' is neither true nor false", escape_for_log(text)));
  field = text == "true";
  return {};
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
  return text;
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    items.emplace_back(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return items;
}

result<> wrong_type(const config_key& key) {
  return fail(error_code::invalid_argument, "must be of type " + key.type);
}

result<> assign_array(const config_key& key, const toml::value& value) {
  std::vector<std::string> items;
  for (const toml::value& item : value.as_array()) {
    if (!item.is_string()) return wrong_type(key);
    items.push_back(item.as_string().str);
  }
  return key.assign_list(items);
}

/// TOML's types must be the key's: "8" is no integer here, so that a typo never passes silently.
result<> assign_value(const config_key& key, const toml::value& value) {
  if (key.type == integer_type && value.is_integer()) return key.assign(std::to_string(value.as_integer()));
  if (key.type == text_type && value.is_string()) return key.assign(value.as_string().str);
  if (key.type == flag_type && value.is_boolean()) return key.assign(value.as_boolean() ? "true" : "false");
  if (key.type == list_type && value.is_array()) return assign_array(key, value);
  return wrong_type(key);
}

result<> assign_table(const std::vector<config_key>& keys, const std::string& path, const std::string& prefix,
                      const toml::value& table) {
  for (const auto& [name, value] : table.as_table()) {
    const std::string full_name = prefix + name;
    const auto place = [&] {
      return fmt::format("{}:{}: {}", path, value.location().line(), escape_for_log(full_name));
    };
    if (const config_key* key = find_key(keys, full_name)) {
      if (const auto assigned = assign_value(*key, value); !assigned) return fail(assigned, place());
    } else if (value.is_table()) {
      if (const auto assigned = assign_table(keys, path, full_name + ".", value); !assigned) return assigned;
    } else {
      return fail(error_code::invalid_argument,
                  place() + ": unknown key; 'marquee config-reference' lists all of them");
    }
  }
  return {};
}

void add_key(std::vector<config_key>& keys, config_key key) {
  MARQUEE_ASSERT(find_key(keys, key.name) == nullptr, "a configuration key is declared twice");
  keys.push_back(std::move(key));
}

}  // namespace

void config_schema::integer(std::string name, std::int64_t& field, std::int64_t least, std::int64_t most,
                            std::string meaning) {
  add_key(keys_, {.name = std::move(name),
                  .type = integer_type,
                  .default_value = std::to_string(field),
                  .range = fmt::format("{} to {}", least, most),
                  .meaning = std::move(meaning),
                  .assign = [&field, least,
                             most](std::string_view text) { return parse_integer(text, least, most, field); },
                  .assign_list = {}});
}

void config_schema::text(std::string name, std::string& field, std::string meaning) {
  add_key(keys_, {.name = std::move(name),
                  .type = text_type,
                  .default_value = field,
                  .range = {},
                  .meaning = std::move(meaning),
                  .assign = [&field](std::string_view text) -> result<> {
                    field = text;
                    return {};
                  },
                  .assign_list = {}});
}

void config_schema::flag(std::string name, bool& field, std::string meaning) {
  add_key(keys_, {.name = std::move(name),
                  .type = flag_type,
                  .default_value = field ? "true" : "false",
                  .range = "true, false",
                  .meaning = std::move(meaning),
                  .assign = [&field](std::string_view text) { return parse_flag(text, field); },
                  .assign_list = {}});
}

void config_schema::text_list(std::string name, std::vector<std::string>& field, std::string meaning) {
  const auto assign_list = [&field](const std::vector<std::string>& items) -> result<> {
    field = items;
    return {};
  };
  add_key(keys_,
          {.name = std::move(name),
           .type = list_type,
           .default_value = joined(field),
           .range = {},
           .meaning = std::move(meaning),
           .assign = [assign_list](std::string_view text) { return assign_list(split_at_commas(text)); },
           .assign_list = assign_list});
}

result<> config_schema::load_file(const std::string& path) {
  // toml11 reports a missing file and a syntax error by exceptions; they end here.
  try {
    std::ifstream stream(path, std::ios::binary);
    if (!stream)
      return fail(error_code::not_found, fmt::format("the configuration file '{}' cannot be read", path));
    return assign_table(keys_, path, "", toml::parse(stream, path));
  } catch (const toml::exception& failed) {
    return fail(error_code::invalid_argument,
                fmt::format("{}:{}: not TOML: {}", path, failed.location().line(),
                            escape_for_log(failed.what(), 500)));
  } catch (const std::exception& failed) {
    return fail(error_code::invalid_argument,
                fmt::format("{}: not TOML: {}", path, escape_for_log(failed.what(), 500)));
  }
}

result<> config_schema::assign(std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos)
    return fail(error_code::invalid_argument,
                fmt::format("'{}' is not name=value", escape_for_log(assignment)));
  const std::string_view name = assignment.substr(0, equals);
  const config_key* key = find_key(keys_, name);
  if (key == nullptr)
    return fail(error_code::invalid_argument,
                escape_for_log(name) + ": unknown key; 'marquee config-reference' lists all of them");
  if (const auto assigned = key->assign(assignment.substr(equals + 1)); !assigned)
    return fail(assigned, key->name);
  return {};
}

std::string config_schema::reference() const {
  std::string text = "| key | type | default | range | meaning |\n|---|---|---|---|---|\n";
  for (const config_key& key : keys_)
    text +=
        fmt::format("| `{}` | {} | {} | {} | {} |\n", key.name, key.type,
                    key.default_value.empty() ? "" : "`" + key.default_value + "`", key.range, key.meaning);
  return text;
}

}  // namespace marquee
