#include "raft/transport/batch_codec.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/byte_codec.h"
#include "raft/core/entry_codec.h"
#include "raft/core/message_codec.h"

namespace marquee::raft {

namespace {

constexpr std::size_t leader_bytes = 40;
/// An entry below this, in a frame that is this many times larger, gets a buffer of its own.
constexpr std::size_t copied_entry_bytes_most = std::size_t{64} << 10;
constexpr std::size_t copied_entry_share = 8;

/// Head and payload of the entry move into one small buffer.
void detach(entry& e) {
  bytes own;
  own.reserve(e.head.size() + e.payload_bytes());
  own.insert(own.end(), e.head.view().begin(), e.head.view().end());
  for (const shared_bytes& part : e.payload) own.insert(own.end(), part.view().begin(), part.view().end());
  const std::size_t head_bytes = e.head.size();
  const shared_bytes buffer = shared_bytes::of(std::move(own));
  e.head = buffer.slice(0, head_bytes);
  e.payload.clear();
  if (buffer.size() > head_bytes) e.payload.push_back(buffer.slice(head_bytes));
}

void detach_small_entries(message& value, std::size_t frame_bytes) {
  for (entry& e : value.entries) {
    const std::size_t size = e.head.size() + e.payload_bytes();
    if (size == 0 || (size <= copied_entry_bytes_most && size < frame_bytes / copied_entry_share)) detach(e);
  }
}

}  // namespace

std::vector<shared_bytes> encode_messages(const std::vector<group_message>& messages) {
  // Headers, and messages without entries whole, lie in one buffer: hundreds of heartbeats are one window.
  bytes own;
  own.reserve(messages.size() * (batch_item_header_bytes + message_header_bytes));
  byte_writer out(own);
  struct body {
    std::size_t own_bytes_before = 0;
    std::vector<shared_bytes> parts;
  };
  std::vector<body> bodies;
  for (const group_message& item : messages) {
    out.put_uuid(item.group.topic_id);
    out.put(item.group.partition.value());
    out.put(static_cast<std::uint32_t>(encoded_bytes(item.value)));
    if (item.value.entries.empty())
      append_message(item.value, own);
    else
      bodies.push_back({own.size(), encode_message(item.value)});
  }
  const shared_bytes buffer = shared_bytes::of(std::move(own));
  std::vector<shared_bytes> parts;
  std::size_t begin = 0;
  for (body& each : bodies) {
    parts.push_back(buffer.slice(begin, each.own_bytes_before - begin));
    begin = each.own_bytes_before;
    std::ranges::move(each.parts, std::back_inserter(parts));
  }
  if (begin < buffer.size()) parts.push_back(buffer.slice(begin));
  return parts;
}

std::size_t encoded_bytes(const group_message& value) {
  return batch_item_header_bytes + encoded_bytes(value.value);
}

result<std::vector<group_message>> decode_messages(const shared_bytes& payload) {
  std::vector<group_message> messages;
  byte_reader in(payload.view());
  while (in.remaining() > 0) {
    group_message item;
    item.group.topic_id = in.get_uuid();
    item.group.partition = partition_id(in.get<std::int32_t>());
    const auto size = in.get<std::uint32_t>();
    const std::size_t begin = in.position();
    static_cast<void>(in.get_bytes(size));
    if (in.failed()) return fail(error_code::corrupt, "a batch of Raft messages ends in the middle of one");
    auto decoded = decode_message(payload.slice(begin, size));
    if (!decoded) return fail(decoded);
    item.value = std::move(*decoded);
    detach_small_entries(item.value, payload.size());
    messages.push_back(std::move(item));
  }
  return messages;
}

bytes encode_leaders(const std::vector<group_leader>& leaders) {
  bytes data;
  data.reserve(4 + leaders.size() * leader_bytes);
  byte_writer out(data);
  out.put(static_cast<std::uint32_t>(leaders.size()));
  for (const group_leader& each : leaders) {
    out.put_uuid(each.group.topic_id);
    out.put(each.group.partition.value());
    out.put(each.term.value());
    out.put(each.leader.broker.value());
    out.put(each.leader.incarnation.value());
  }
  return data;
}

result<std::vector<group_leader>> decode_leaders(bytes_view payload) {
  byte_reader in(payload);
  const auto count = in.get<std::uint32_t>();
  if (in.failed() || in.remaining() != count * leader_bytes)
    return fail(error_code::corrupt, "a list of leaders does not have the size that it says");
  std::vector<group_leader> leaders(count);
  for (group_leader& each : leaders) {
    each.group.topic_id = in.get_uuid();
    each.group.partition = partition_id(in.get<std::int32_t>());
    each.term = term_number(in.get<std::int64_t>());
    each.leader.broker = broker_id(in.get<std::int32_t>());
    each.leader.incarnation = incarnation_id(in.get<std::int64_t>());
  }
  return leaders;
}

}  // namespace marquee::raft
