#include "benchmarks/micro/samples.h"

#include "kafka/record_batch_builder.h"
#include "raft/core/entry_codec.h"

namespace marquee::micro {

bytes sample_bytes(std::size_t size) {
  bytes made(size);
  std::uint32_t value = 2463534242U;
  for (std::uint8_t& octet : made) {
    value ^= value << 13;
    value ^= value >> 17;
    value ^= value << 5;
    octet = static_cast<std::uint8_t>(value >> 24);
  }
  return made;
}

std::string sample_text(std::size_t size) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .";
  std::string made;
  made.reserve(size);
  for (const std::uint8_t octet : sample_bytes(size)) made.push_back(alphabet[octet % alphabet.size()]);
  return made;
}

bytes sample_batch(int records, std::size_t value_bytes) {
  const std::string value = sample_text(value_bytes);
  const std::string key = sample_text(10);
  kafka::record_batch_builder builder;
  for (int i = 0; i < records; ++i)
    builder.add({.timestamp_ms = 1'700'000'000'000 + i,
                 .key = as_bytes(key),
                 .value = as_bytes(value),
                 .headers = {}});
  return builder.finish();
}

raft::entry sample_entry(std::int64_t index, std::size_t payload_bytes) {
  raft::entry made;
  made.term = term_number(1);
  made.index = log_index(index);
  made.type = raft::entry_type::data;
  made.base_offset = record_offset(index - 1);
  made.record_count = 1;
  made.append_time_ms = 1'700'000'000'000;
  made.head = shared_bytes::of(sample_bytes(32));
  made.payload = {shared_bytes::of(sample_bytes(payload_bytes))};
  raft::seal_entry(made);
  return made;
}

}  // namespace marquee::micro
