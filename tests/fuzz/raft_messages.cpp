// What brokers send each other: frames, the hello, batches of messages, one message, one entry.

#include "raft/core/entry_codec.h"
#include "raft/core/log_start.h"
#include "raft/core/message_codec.h"
#include "raft/transport/batch_codec.h"
#include "raft/transport/frame.h"
#include "raft/transport/hello.h"
#include "tests/fuzz/fuzz_input.h"

using namespace marquee;
using namespace marquee::raft;

namespace {

bytes joined(const std::vector<shared_bytes>& parts) {
  bytes whole;
  for (const shared_bytes& part : parts) whole.insert(whole.end(), part.data(), part.data() + part.size());
  return whole;
}

void one_message(const shared_bytes& data) {
  const result<message> first = decode_message(data);
  if (!first) return;
  const bytes once = joined(encode_message(*first));
  fuzz::require(once.size() == encoded_bytes(*first), "the size of a message is known before");
  const result<message> second = decode_message(shared_bytes::copy_of(once));
  fuzz::require(second && joined(encode_message(*second)) == once, "a message is a fixed point");
}

void many_messages(const shared_bytes& data) {
  const auto first = decode_messages(data);
  if (!first) return;
  const bytes once = joined(encode_messages(*first));
  const auto second = decode_messages(shared_bytes::copy_of(once));
  fuzz::require(second && joined(encode_messages(*second)) == once, "a batch of messages is a fixed point");
}

void leaders(const shared_bytes& data) {
  const auto first = decode_leaders(data);
  if (!first) return;
  const auto second = decode_leaders(encode_leaders(*first));
  fuzz::require(second && *second == *first, "a list of leaders is a fixed point");
}

void one_entry(const shared_bytes& data) {
  const result<entry> first = decode_entry(data);
  if (!first) return;
  const entry_header header = encode_entry_header(*first);
  std::vector<bytes_view> parts;
  append_entry_parts(*first, header, parts);
  bytes once;
  for (const bytes_view part : parts) once.insert(once.end(), part.begin(), part.end());
  const result<entry> second = decode_entry(shared_bytes::of(once));
  fuzz::require(second && second->index == first->index && second->encoded_bytes() == once.size(),
                "an entry is a fixed point");
}

void hello(const shared_bytes& data) {
  if (const auto value = decode_introduction(data)) {
    const bytes once = encode_introduction(*value);
    const auto again = decode_introduction(once);
    fuzz::require(again && encode_introduction(*again) == once, "an introduction is a fixed point");
    (void)judge_introduction(*value, *again);
  }
  if (is_verdict(data)) {
    const auto value = decode_verdict(data);
    if (value)
      fuzz::require(decode_verdict(encode_verdict(*value)).has_value(), "a verdict is a fixed point");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::fuzz_input input(data, size);
  const std::size_t chosen = input.choose(7);
  const shared_bytes rest = input.rest();
  switch (chosen) {
    case 0:
      return one_message(rest), 0;
    case 1:
      return many_messages(rest), 0;
    case 2:
      return leaders(rest), 0;
    case 3:
      return one_entry(rest), 0;
    case 4:
      return hello(rest), 0;
    case 5:
      return (void)decode_log_start(rest), 0;
    default:
      const auto header = decode_frame_header(rest, largest_frame_bytes);
      fuzz::require(!header || header->payload_bytes <= largest_frame_bytes, "a frame is bounded");
      return 0;
  }
}
