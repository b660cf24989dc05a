#include "booking_app/machine/json_tree.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory_resource>
#include <vector>

namespace marquee::booking {
namespace {

constexpr std::size_t deepest = 64;

using namespace simdjson;

/// Copies what simdjson found into plain values, so that the decoders do not depend on it.
class tree_builder {
 public:
  explicit tree_builder(std::pmr::memory_resource& memory) : memory_(memory) {}

  json_value build(dom::element element) {
    switch (element.type()) {
      case dom::element_type::NULL_VALUE:
        return {};
      case dom::element_type::BOOL:
        return {.kind = json_value::type::boolean, .integer = element.get_bool().value_unsafe() ? 1 : 0};
      case dom::element_type::INT64:
        return {.kind = json_value::type::integer, .integer = element.get_int64().value_unsafe()};
      case dom::element_type::UINT64:
        return {.kind = json_value::type::other_number,
                .integer = static_cast<std::int64_t>(element.get_uint64().value_unsafe())};
      case dom::element_type::DOUBLE:
        return {.kind = json_value::type::other_number,
                .integer = std::bit_cast<std::int64_t>(element.get_double().value_unsafe())};
      case dom::element_type::STRING:
        return {.kind = json_value::type::text, .text = element.get_string().value_unsafe()};
      case dom::element_type::ARRAY:
        return build_array(element.get_array().value_unsafe());
      case dom::element_type::OBJECT:
        return build_object(element.get_object().value_unsafe());
    }
    return {};
  }
  /// A name that stands twice in one object; empty if there is none.
  [[nodiscard]] std::string_view repeated_name() const { return repeated_; }
  [[nodiscard]] bool has_repeated_name() const { return has_repeated_; }

 private:
  template <class T>
  std::span<T> room_for(std::size_t count) {
    T* const first = static_cast<T*>(memory_.allocate(count * sizeof(T), alignof(T)));
    std::uninitialized_default_construct_n(first, count);
    return {first, count};
  }
  json_value build_array(dom::array array) {
    const std::span<json_value> items = room_for<json_value>(array.size());
    std::size_t next = 0;
    for (const dom::element item : array) items[next++] = build(item);
    return {.kind = json_value::type::array, .items = items};
  }
  json_value build_object(dom::object object) {
    const std::span<json_member> members = room_for<json_member>(object.size());
    std::size_t next = 0;
    for (const dom::key_value_pair member : object) members[next++] = {member.key, build(member.value)};
    std::ranges::sort(members, {}, &json_member::name);
    const auto twice = std::ranges::adjacent_find(members, {}, &json_member::name);
    if (twice != members.end()) {
      repeated_ = twice->name;
      has_repeated_ = true;
    }
    return {.kind = json_value::type::object, .members = members};
  }

  std::pmr::memory_resource& memory_;
  std::string_view repeated_;
  bool has_repeated_ = false;
};

void append_number(std::uint64_t value, std::string& target) {
  char octets[sizeof value];
  std::memcpy(octets, &value, sizeof value);
  target.append(octets, sizeof value);
}

}  // namespace

const json_value* json_value::find(std::string_view name) const {
  for (const json_member& member : members)
    if (member.name == name) return &member.value;
  return nullptr;
}

struct json_parser::workspace {
  dom::parser parser{longest_bytes};
  std::vector<std::uint8_t> padded = std::vector<std::uint8_t>(longest_bytes + SIMDJSON_PADDING);
  std::vector<std::byte> first_block = std::vector<std::byte>(64 * 1024);
  std::pmr::monotonic_buffer_resource memory{first_block.data(), first_block.size()};
};

json_parser::json_parser() : workspace_(std::make_unique<workspace>()) {
  // Room for the longest record is made once, and the depth is limited with it.
  if (workspace_->parser.allocate(longest_bytes, deepest) != SUCCESS) throw std::bad_alloc();
}
json_parser::~json_parser() = default;
json_parser::json_parser(json_parser&&) noexcept = default;
json_parser& json_parser::operator=(json_parser&&) noexcept = default;

result<json_value> json_parser::parse(bytes_view text) {
  if (text.size() > longest_bytes) return fail(marquee::error_code::too_large, "longer than 64 KiB");
  workspace& work = *workspace_;
  work.memory.release();
  if (!text.empty()) std::memcpy(work.padded.data(), text.data(), text.size());
  std::memset(work.padded.data() + text.size(), 0, SIMDJSON_PADDING);
  dom::element document;
  // One reason for all that simdjson refuses: which of several faults it meets first depends on the
  // processor, and the reason is part of an answer that must be equal on every replica.
  if (work.parser.parse(work.padded.data(), text.size(), false).get(document) != SUCCESS)
    return fail(marquee::error_code::invalid_argument, "not JSON in UTF-8, or nested more than 64 deep");
  tree_builder builder(work.memory);
  const json_value value = builder.build(document);
  if (builder.has_repeated_name())
    return fail(marquee::error_code::invalid_argument,
                "not JSON: \"" + std::string(builder.repeated_name().substr(0, 64)) +
                    "\" stands twice in one object");
  return value;
}

void append_canonical(const json_value& value, std::string& target) {
  target.push_back(static_cast<char>(value.kind));
  switch (value.kind) {
    case json_value::type::null:
      return;
    case json_value::type::boolean:
    case json_value::type::integer:
    case json_value::type::other_number:
      append_number(static_cast<std::uint64_t>(value.integer), target);
      return;
    case json_value::type::text:
      append_number(value.text.size(), target);
      target.append(value.text);
      return;
    case json_value::type::array:
      append_number(value.items.size(), target);
      for (const json_value& item : value.items) append_canonical(item, target);
      return;
    case json_value::type::object:
      append_number(value.members.size(), target);
      for (const json_member& member : value.members) {
        append_number(member.name.size(), target);
        target.append(member.name);
        append_canonical(member.value, target);
      }
      return;
  }
}

}  // namespace marquee::booking
