#include "booking_app/machine/field_reader.h"

#include <algorithm>

namespace marquee::booking {
namespace {

constexpr std::size_t longest_name_shown = 64;

}  // namespace

field_reader::field_reader(const json_value& object, std::string_view path, std::string& problem)
    : object_(&object), path_(path), problem_(&problem) {
  asked_.reserve(12);
}

void field_reader::refuse(std::string_view name, std::string_view why) {
  if (failed()) return;
  *problem_ = path_;
  if (!path_.empty()) problem_->push_back('.');
  problem_->append(name.substr(0, longest_name_shown)).append(" ").append(why);
}

const json_value* field_reader::optional(std::string_view name) {
  asked_.push_back(name);
  return failed() ? nullptr : object_->find(name);
}

const json_value* field_reader::required(std::string_view name) {
  const json_value* const value = optional(name);
  if (value == nullptr) refuse(name, "is missing");
  return value;
}

bool field_reader::check(const json_value* value, std::string_view name, json_value::type kind,
                         std::string_view what) {
  if (value == nullptr) return false;
  if (value->kind != kind) refuse(name, what);
  return value->kind == kind;
}

std::string_view field_reader::text(std::string_view name) {
  const json_value* const value = required(name);
  return check(value, name, json_value::type::text, "must be a text") ? value->text : std::string_view();
}

std::optional<std::string_view> field_reader::optional_text(std::string_view name) {
  const json_value* const value = optional(name);
  if (!check(value, name, json_value::type::text, "must be a text")) return std::nullopt;
  return value->text;
}

std::int64_t field_reader::integer(std::string_view name, std::int64_t least, std::int64_t most) {
  const auto value = optional_integer(name, least, most);
  if (!value) refuse(name, "is missing");
  return value.value_or(least);
}

std::optional<std::int64_t> field_reader::optional_integer(std::string_view name, std::int64_t least,
                                                           std::int64_t most) {
  const json_value* const value = optional(name);
  if (!check(value, name, json_value::type::integer, "must be an integer")) return std::nullopt;
  if (value->integer >= least && value->integer <= most) return value->integer;
  refuse(name, "must be from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

bool field_reader::flag_or(std::string_view name, bool fallback) {
  const json_value* const value = optional(name);
  if (!check(value, name, json_value::type::boolean, "must be true or false")) return fallback;
  return value->integer != 0;
}

std::vector<std::string_view> field_reader::texts(std::string_view name) {
  auto list = optional_texts(name);
  if (!list) refuse(name, "is missing");
  return list ? std::move(*list) : std::vector<std::string_view>();
}

std::optional<std::vector<std::string_view>> field_reader::optional_texts(std::string_view name) {
  const json_value* const value = optional(name);
  if (!check(value, name, json_value::type::array, "must be a list of texts")) return std::nullopt;
  std::vector<std::string_view> list;
  list.reserve(value->items.size());
  for (const json_value& item : value->items)
    if (check(&item, name, json_value::type::text, "must be a list of texts")) list.push_back(item.text);
  return list;
}

std::vector<std::int64_t> field_reader::integers(std::string_view name) {
  const json_value* const value = required(name);
  std::vector<std::int64_t> list;
  if (!check(value, name, json_value::type::array, "must be a list of integers")) return list;
  for (const json_value& item : value->items)
    if (check(&item, name, json_value::type::integer, "must be a list of integers"))
      list.push_back(item.integer);
  return list;
}

std::vector<const json_value*> field_reader::objects(std::string_view name) {
  const json_value* const value = required(name);
  std::vector<const json_value*> list;
  if (!check(value, name, json_value::type::array, "must be a list of objects")) return list;
  for (const json_value& item : value->items)
    if (check(&item, name, json_value::type::object, "must be a list of objects")) list.push_back(&item);
  return list;
}

const json_value* field_reader::optional_object(std::string_view name) {
  const json_value* const value = optional(name);
  return check(value, name, json_value::type::object, "must be an object") ? value : nullptr;
}

void field_reader::finish() {
  if (failed()) return;
  for (const json_member& member : object_->members)
    if (std::ranges::find(asked_, member.name) == asked_.end()) {
      refuse(member.name, "is not a field of this command");
      return;
    }
}

}  // namespace marquee::booking
