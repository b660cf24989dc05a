#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/uuid.h"

namespace marquee {

/// Appends big-endian values to a buffer. Everything that Marquee puts on disk or on the wire is big-endian.
class byte_writer {
 public:
  explicit byte_writer(bytes& target) : target_(target) {}

  template <std::integral T>
  void put(T value) {
    for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8)
      target_.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> shift));
  }
  void put_bytes(bytes_view data) { target_.insert(target_.end(), data.begin(), data.end()); }
  void put_uuid(const uuid& id) { put_bytes(id.octets); }
  /// uint32 length, then the bytes.
  void put_sized(bytes_view data) {
    put<std::uint32_t>(static_cast<std::uint32_t>(data.size()));
    put_bytes(data);
  }
  void put_sized(std::string_view text) { put_sized(as_bytes(text)); }
  /// Unsigned LEB128 (Kafka's uvarint).
  void put_uvarint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) target_.push_back(static_cast<std::uint8_t>(value | 0x80));
    target_.push_back(static_cast<std::uint8_t>(value));
  }
  /// Zigzag LEB128 (Kafka's varint and varlong).
  void put_varint(std::int64_t value) {
    put_uvarint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  [[nodiscard]] std::size_t size() const { return target_.size(); }
  /// Overwrites a value that was put at `position` before its real value was known.
  template <std::integral T>
  void put_at(std::size_t position, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
      target_[position + i] =
          static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> ((sizeof(T) - 1 - i) * 8));
  }

 private:
  bytes& target_;
};

/// Reads what `byte_writer` wrote, or anything else: no input can make it read outside its buffer. The first
/// failure sticks: from then on every read gives zero or empty and `failed()` is true, so that a decoder
/// checks once at its end.
class byte_reader {
 public:
  explicit byte_reader(bytes_view source) : source_(source) {}

  template <std::integral T>
  [[nodiscard]] T get() {
    const bytes_view raw = get_bytes(sizeof(T));
    std::uint64_t value = 0;
    for (const std::uint8_t octet : raw) value = (value << 8) | octet;
    return static_cast<T>(value);
  }
  /// A window on the source; empty if there is less.
  [[nodiscard]] bytes_view get_bytes(std::size_t size) {
    if (size > remaining()) {
      fail();
      return {};
    }
    const bytes_view data = source_.subspan(position_, size);
    position_ += size;
    return data;
  }
  [[nodiscard]] uuid get_uuid() {
    uuid id;
    const bytes_view raw = get_bytes(id.octets.size());
    if (!failed_) std::copy(raw.begin(), raw.end(), id.octets.begin());
    return id;
  }
  [[nodiscard]] bytes_view get_sized() { return get_bytes(get<std::uint32_t>()); }
  /// Fails on more than 10 bytes, or on bits past the 64th.
  [[nodiscard]] std::uint64_t get_uvarint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      const auto octet = get<std::uint8_t>();
      if (failed_ || (shift == 63 && octet > 1)) break;
      value |= static_cast<std::uint64_t>(octet & 0x7f) << shift;
      if ((octet & 0x80) == 0) return value;
    }
    fail();
    return 0;
  }
  [[nodiscard]] std::int64_t get_varint() {
    const std::uint64_t raw = get_uvarint();
    return static_cast<std::int64_t>(raw >> 1) ^ -static_cast<std::int64_t>(raw & 1);
  }

  void fail() {
    failed_ = true;
    position_ = source_.size();
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] std::size_t remaining() const { return source_.size() - position_; }

 private:
  bytes_view source_;
  std::size_t position_ = 0;
  bool failed_ = false;
};

}  // namespace marquee
