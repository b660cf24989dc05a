#include "write_manager/message_hash.h"

#include <cstring>
#include <string_view>

#include "base/byte_codec.h"

namespace marquee::write_manager {

namespace {

constexpr std::uint64_t multiplier = 0xc6a4a7935bd1e995ULL;

std::uint64_t mixed(std::uint64_t word) {
  word *= multiplier;
  word ^= word >> 47;
  return word * multiplier;
}

std::uint64_t read_little_endian(const std::uint8_t* data, std::size_t size) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < size; ++i) word |= static_cast<std::uint64_t>(data[i]) << (8 * i);
  return word;
}

std::uint64_t murmur64(bytes_view data, std::uint64_t seed) {
  std::uint64_t hash = seed ^ (data.size() * multiplier);
  std::size_t at = 0;
  for (; at + 8 <= data.size(); at += 8)
    hash = (hash ^ mixed(read_little_endian(data.data() + at, 8))) * multiplier;
  if (at < data.size()) hash = (hash ^ read_little_endian(data.data() + at, data.size() - at)) * multiplier;
  hash ^= hash >> 47;
  hash *= multiplier;
  return hash ^ (hash >> 47);
}

/// Presence and length come first, so that no two messages give the same text.
std::uint64_t chain(std::uint64_t hash, const std::optional<std::string>& field) {
  return field ? murmur64(as_bytes(*field), hash + 1) : mixed(hash ^ 0x6e756c6cULL);
}

std::uint64_t chain(std::uint64_t hash, std::optional<std::int64_t> field) {
  bytes raw;
  byte_writer out(raw);
  out.put<std::uint8_t>(field ? 1 : 0);
  out.put<std::int64_t>(field.value_or(0));
  return murmur64(raw, hash);
}

}  // namespace

std::uint64_t hash_of(const produce_message& message) {
  std::uint64_t hash = chain(0x6d657373616765ULL, message.key);
  hash = chain(hash, message.value);
  hash = chain(hash, std::optional<std::int64_t>(static_cast<std::int64_t>(message.headers.size())));
  for (const auto& [name, value] : message.headers) {
    hash = murmur64(as_bytes(name), hash);
    hash = chain(hash, value);
  }
  hash = chain(hash, message.partition ? std::optional<std::int64_t>(*message.partition) : std::nullopt);
  return chain(hash, message.timestamp_ms);
}

void run_hash::add(std::uint64_t message_hash) {
  state_ = (state_ ^ mixed(message_hash)) * multiplier + 1;
}

std::int64_t run_hash::value() const {
  const auto value = static_cast<std::int64_t>(state_ ^ (state_ >> 47));
  return value == 0 ? 1 : value;
}

}  // namespace marquee::write_manager
