#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_codec.h"
#include "kafka/byte_chain.h"
#include "kafka/wire_reader.h"

namespace marquee::kafka {

/// Writes the fields of a message in order; the twin of `wire_reader`. Record data of some size is not copied
/// but becomes a part of the finished chain. Belongs to one thread.
class wire_writer {
 public:
  /// Record data below this size is copied: a part of its own costs more.
  static constexpr std::size_t copy_below_bytes = 1024;

  explicit wire_writer(wire_form form = wire_form::classic) : form_(form) {}
  wire_writer(const wire_writer&) = delete;
  wire_writer& operator=(const wire_writer&) = delete;

  void set_form(wire_form form) { form_ = form; }

  template <std::integral T>
  void value(const T& field) {
    out().put<T>(field);
  }
  void value(const bool& field) { out().put<std::uint8_t>(field ? 1 : 0); }
  void value(const uuid& field) { out().put_uuid(field); }
  void value(const kafka_error& field) { out().put(static_cast<std::int16_t>(field)); }

  void text(const std::string& field) { put_text(field); }
  void text(const std::optional<std::string>& field, nulls policy = nulls::allowed);
  void classic_text(const std::optional<std::string>& field);
  void records(const std::optional<byte_chain>& field);

  template <class T, class Each>
  void array(const std::vector<T>& items, Each each) {
    put_count(static_cast<std::int64_t>(items.size()));
    for (const T& item : items) each(item);
  }
  template <class T, class Each>
  void array(const std::optional<std::vector<T>>& items, Each each, nulls policy = nulls::allowed) {
    if (items)
      array(*items, each);
    else
      put_count(policy == nulls::allowed ? -1 : 0);
  }
  template <class T>
  void array(const std::vector<T>& items) {
    array(items, [this](const T& item) { value(item); });
  }

  /// Fields must be given by ascending tag.
  template <class... Fields>
  void end_struct(Fields... fields) {
    if (form_ == wire_form::classic) return;
    const std::uint64_t count = (std::uint64_t{0} + ... + (is_sent(fields) ? 1U : 0U));
    out().put_uvarint(count);
    (write_tagged(fields), ...);
  }

  /// Everything written so far, without a length prefix. The writer is empty afterwards.
  [[nodiscard]] byte_chain finish();
  /// The same behind the int32 length that every message on the wire begins with.
  [[nodiscard]] wire_message finish_frame();

 private:
  byte_writer out() { return byte_writer(buffer_); }
  void put_text(std::string_view field);
  /// -1 is null.
  void put_count(std::int64_t count);
  void flush_buffer();

  template <class Field>
  static bool is_sent(const Field& field) {
    return field.known && field.value.has_value();
  }
  template <class Field>
  void write_tagged(const Field& field) {
    if (!is_sent(field)) return;
    wire_writer nested(form_);
    field.body(nested, *field.value);
    const byte_chain body = nested.finish();
    out().put_uvarint(field.tag);
    out().put_uvarint(body.size());
    for (const shared_bytes& part : body.parts) out().put_bytes(part);
  }

  bytes buffer_;
  byte_chain done_;
  wire_form form_;
};

}  // namespace marquee::kafka
