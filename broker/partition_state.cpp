#include "broker/partition_state.h"

#include "base/byte_codec.h"
#include "broker/payload_window.h"
#include "raft/core/log_start.h"

namespace marquee::broker {

namespace {
/// 2: with leader epochs.
constexpr std::uint8_t format_version = 2;
}  // namespace

result<std::vector<position_result>> partition_state::apply(const raft::entry& committed) {
  last_append_time_ms_ = std::max(last_append_time_ms_, committed.append_time_ms);
  leader_epochs_.note(committed.term, next_offset_);
  if (committed.type == raft::entry_type::log_start) {
    const auto mark = raft::decode_log_start(committed.head);
    if (!mark) return fail(mark, "entry " + std::to_string(committed.index.value()));
    times_.forget_below(mark->offset);
  }
  if (committed.type != raft::entry_type::data) return std::vector<position_result>{};
  if (committed.base_offset != next_offset_)
    return fail(error_code::internal, "entry " + std::to_string(committed.index.value()) +
                                          " begins at offset " +
                                          std::to_string(committed.base_offset.value()) + ", but offset " +
                                          std::to_string(next_offset_.value()) + " is next");
  const auto table = decode_batch_table(committed.head);
  if (!table) return fail(table, "entry " + std::to_string(committed.index.value()));
  if (table->record_count() != committed.record_count)
    return fail(error_code::corrupt, "entry " + std::to_string(committed.index.value()) +
                                         " counts other records than its batch table");
  record_offset at = committed.base_offset;
  for (const batch_item& item : table->batches) {
    apply_batch(item, at, committed.append_time_ms);
    at = at + item.record_count;
  }
  next_offset_ = at;
  sequences_.advance_time(committed.append_time_ms);
  idempotence_.advance_time(committed.append_time_ms);
  if (table->content == entry_content::position_commands) return apply_commands(committed, *table);
  return std::vector<position_result>{};
}

void partition_state::apply_batch(const batch_item& item, record_offset base_offset,
                                  std::int64_t append_time_ms) {
  times_.add(base_offset, item.length, item.max_timestamp_ms);
  if (item.is_sequenced())
    sequences_.apply(item.producer_id, item.runs, base_offset, append_time_ms);
  else if (item.is_idempotent())
    idempotence_.apply(item.producer_id, {item.producer_epoch, item.base_sequence, item.record_count},
                       base_offset, append_time_ms);
}

result<std::vector<position_result>> partition_state::apply_commands(const raft::entry& committed,
                                                                     const batch_table& table) {
  std::vector<position_result> results;
  std::size_t position = 0;
  for (const batch_item& item : table.batches) {
    const shared_bytes batch = payload_window(committed, position, item.length).joined();
    position += item.length;
    const auto commands = read_command_batch(batch);
    if (!commands) return fail(commands, "entry " + std::to_string(committed.index.value()));
    for (const position_command& command : *commands) results.push_back(positions_.apply(command));
  }
  return results;
}

bytes partition_state::encode() const {
  bytes data;
  byte_writer out(data);
  out.put(format_version);
  out.put(next_offset_.value());
  out.put(last_append_time_ms_);
  sequences_.encode(out);
  idempotence_.encode(out);
  positions_.encode(out);
  times_.encode(out);
  leader_epochs_.encode(out);
  return data;
}

result<> partition_state::decode(bytes_view data) {
  byte_reader in(data);
  const auto version = in.get<std::uint8_t>();
  if (version > format_version)
    return fail(error_code::unsupported, "the partition's state has format " + std::to_string(version) +
                                             ", this release reads up to " + std::to_string(format_version));
  next_offset_ = record_offset(in.get<std::int64_t>());
  last_append_time_ms_ = in.get<std::int64_t>();
  if (auto read = sequences_.decode(in); !read) return read;
  if (auto read = idempotence_.decode(in); !read) return read;
  if (auto read = positions_.decode(in); !read) return read;
  if (auto read = times_.decode(in); !read) return read;
  leader_epochs_ = {};
  if (version >= 2)
    if (auto read = leader_epochs_.decode(in); !read) return read;
  if (version == 0 || in.failed() || in.remaining() != 0)
    return fail(error_code::corrupt, "the partition's state cannot be read");
  return {};
}

}  // namespace marquee::broker
