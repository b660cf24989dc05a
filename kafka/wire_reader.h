#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_codec.h"
#include "base/bytes.h"
#include "kafka/byte_chain.h"
#include "kafka/protocol_types.h"

namespace marquee::kafka {

/// How lengths and ends of structures are written: "classic" before, "flexible" from an API's first flexible
/// version.
enum class wire_form : std::uint8_t { classic, flexible };

/// Whether a null is legal in a field that is nullable in some versions only.
enum class nulls : std::uint8_t { allowed, refused };

/// A field that travels in the tagged section at the end of a structure, and only when it has a value.
template <class Value, class Body>
struct tagged_field {
  std::uint32_t tag;
  Value& value;  ///< a std::optional
  Body body;     ///< body(io, *value) describes its contents
  bool known;    ///< false: this version does not have it (it is skipped, or not written)
};

template <class Value, class Body>
tagged_field<Value, Body> tagged(std::uint32_t tag, Value& value, Body body, bool known = true) {
  return {tag, value, body, known};
}

/// Reads the fields of a message in order. Its twin `wire_writer` has the same member functions, so that one
/// template per structure describes both directions. No input can make it read outside the frame or allocate
/// out of proportion: arrays grow with what was really read, and a whole message may hold at most
/// `max_elements`. The first failure sticks, as in `byte_reader`. Belongs to one thread; what it gives out as
/// `byte_chain` keeps the frame alive.
class wire_reader {
 public:
  static constexpr std::size_t max_elements = 1'000'000;

  explicit wire_reader(shared_bytes frame, wire_form form = wire_form::classic)
      : frame_(std::move(frame)), in_(frame_.view()), form_(form), elements_left_(&own_elements_left_) {}
  wire_reader(const wire_reader&) = delete;
  wire_reader& operator=(const wire_reader&) = delete;

  void set_form(wire_form form) { form_ = form; }

  template <std::integral T>
  void value(T& field) {
    field = in_.get<T>();
  }
  void value(bool& field) { field = in_.get<std::uint8_t>() != 0; }
  void value(uuid& field) { field = in_.get_uuid(); }
  void value(kafka_error& field) { field = static_cast<kafka_error>(in_.get<std::int16_t>()); }

  void text(std::string& field);
  void text(std::optional<std::string>& field, nulls policy = nulls::allowed);
  /// The client id of request headers: int16 length in every version.
  void classic_text(std::optional<std::string>& field);
  /// Record data: a window on the frame.
  void records(std::optional<byte_chain>& field);

  template <class T, class Each>
  void array(std::vector<T>& items, Each each) {
    const std::int64_t count = array_count();
    if (count < 0) return in_.fail();
    read_items(static_cast<std::size_t>(count), items, each);
  }
  template <class T, class Each>
  void array(std::optional<std::vector<T>>& items, Each each, nulls policy = nulls::allowed) {
    const std::int64_t count = array_count();
    items.reset();
    if (count < 0) {
      if (policy == nulls::refused) in_.fail();
      return;
    }
    read_items(static_cast<std::size_t>(count), items.emplace(), each);
  }
  /// An array of plain values.
  template <class T>
  void array(std::vector<T>& items) {
    array(items, [this](T& item) { value(item); });
  }

  /// Ends a structure: in the flexible form its tagged fields, of which unknown ones are skipped.
  template <class... Fields>
  void end_struct(Fields... fields) {
    if (form_ == wire_form::classic) return;
    std::int64_t previous = -1;
    for (std::uint64_t left = in_.get_uvarint(); left > 0 && !failed(); --left) {
      const std::uint64_t tag = in_.get_uvarint();
      if (tag > UINT32_MAX || static_cast<std::int64_t>(tag) <= previous) return in_.fail();
      previous = static_cast<std::int64_t>(tag);
      wire_reader nested(take(in_.get_uvarint()), form_, elements_left_);
      (void)(read_tagged(nested, tag, fields) || ...);
      if (nested.failed()) in_.fail();
    }
  }

  void fail() { in_.fail(); }
  [[nodiscard]] bool failed() const { return in_.failed(); }
  [[nodiscard]] std::size_t remaining() const { return in_.remaining(); }

 private:
  wire_reader(shared_bytes frame, wire_form form, std::size_t* elements_left)
      : frame_(std::move(frame)), in_(frame_.view()), form_(form), elements_left_(elements_left) {}

  /// -1 is null; fails on other negative counts.
  std::int64_t array_count();
  /// -1 is null.
  std::int64_t length_of_text();
  shared_bytes take(std::uint64_t size);
  void spend_element() {
    if (*elements_left_ == 0) return in_.fail();
    --*elements_left_;
  }

  template <class T, class Each>
  void read_items(std::size_t count, std::vector<T>& items, Each& each) {
    items.clear();
    // Every element takes at least one byte, so a larger count is a lie.
    if (count > in_.remaining()) return in_.fail();
    items.reserve(std::min<std::size_t>(count, 64));
    for (std::size_t i = 0; i < count && !failed(); ++i) {
      spend_element();
      each(items.emplace_back());
    }
    if (failed()) items.clear();
  }

  template <class Field>
  static bool read_tagged(wire_reader& nested, std::uint64_t tag, Field& field) {
    if (tag != field.tag || !field.known) return false;
    field.body(nested, field.value.emplace());
    return true;
  }

  shared_bytes frame_;
  byte_reader in_;
  wire_form form_;
  std::size_t own_elements_left_ = max_elements;
  std::size_t* elements_left_;
};

}  // namespace marquee::kafka
