#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/byte_codec.h"
#include "booking_app/machine/entity_id.h"

namespace marquee::booking {

/// Every entity lists its fields once, in `template <class Archive> void describe(Archive&, entity&)`. That
/// one list gives the bytes that its digest is made of, its place in a snapshot and the way back:
///
///     archive(entity.client, entity.seats);    // part of the state
///     archive.beside_digest(entity.reply_to);  // kept, but two states that differ in it are equal
///
/// Numbers take 8 bytes, big-endian; texts and lists have their length in front.
class canonical_writer {
 public:
  enum class purpose : std::uint8_t { digest, snapshot };

  canonical_writer(std::string& target, purpose why) : target_(target), purpose_(why) {}

  void operator()(const auto&... fields) { (put(fields), ...); }
  void beside_digest(const auto&... fields) {
    if (purpose_ == purpose::snapshot) (put(fields), ...);
  }

 private:
  void put(const std::string& text) {
    put_number(text.size());
    target_.append(text);
  }
  template <class T>
  void put(const T& value) {
    if constexpr (std::is_integral_v<T> || std::is_enum_v<T>)
      put_number(static_cast<std::uint64_t>(value));
    else
      describe(*this, value);
  }
  void put(const entity_id& id) { (*this)(id.offset, id.index); }
  template <class T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <class T>
  void put(const std::vector<T>& list) {
    put_number(list.size());
    for (const T& item : list) put(item);
  }
  void put_number(std::uint64_t value) {
    const std::uint64_t ordered = std::endian::native == std::endian::little ? std::byteswap(value) : value;
    char octets[sizeof ordered];
    std::memcpy(octets, &ordered, sizeof ordered);
    target_.append(octets, sizeof octets);
  }

  std::string& target_;
  purpose purpose_;
};

/// Reads what `canonical_writer` wrote for a snapshot. As with `byte_reader`, the first failure sticks.
class canonical_reader {
 public:
  explicit canonical_reader(bytes_view source) : reader_(source) {}

  void operator()(auto&... fields) { (get(fields), ...); }
  void beside_digest(auto&... fields) { (get(fields), ...); }

  /// How many entities follow; 0 if there cannot be so many.
  [[nodiscard]] std::size_t count() {
    const auto count = reader_.get<std::uint64_t>();
    if (count > reader_.remaining()) reader_.fail();
    return reader_.failed() ? 0 : count;
  }
  [[nodiscard]] bool failed() const { return reader_.failed(); }
  [[nodiscard]] std::size_t remaining() const { return reader_.remaining(); }

 private:
  void get(std::string& text) {
    const auto size = reader_.get<std::uint64_t>();
    text = as_text(reader_.get_bytes(size));
  }
  template <class T>
  void get(T& value) {
    if constexpr (std::is_integral_v<T> || std::is_enum_v<T>)
      value = static_cast<T>(reader_.get<std::uint64_t>());
    else
      describe(*this, value);
  }
  void get(entity_id& id) { (*this)(id.offset, id.index); }
  template <class T>
  void get(std::optional<T>& value) {
    bool there = false;
    get(there);
    if (there && !failed()) get(value.emplace());
  }
  template <class T>
  void get(std::vector<T>& list) {
    const std::size_t size = count();
    list.clear();
    for (std::size_t i = 0; i < size && !failed(); ++i) get(list.emplace_back());
  }

  byte_reader reader_;
};

}  // namespace marquee::booking
