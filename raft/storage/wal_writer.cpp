#include "raft/storage/wal_writer.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/assert.h"

namespace marquee::raft {

namespace {

constexpr std::array<std::uint8_t, wal_flush_alignment + wal_record_alignment> zeros{};

}  // namespace

wal_writer::wal_writer(wal_slot_source& slots, std::uint64_t last_lsn, std::uint64_t last_generation)
    : slots_(slots), last_lsn_(last_lsn), durable_lsn_(last_lsn), generation_(last_generation) {}

result<> wal_writer::begin_file(bool begins_checkpoint) {
  if (auto synced = sync(); !synced) return synced;
  auto slot = slots_.take_slot();
  if (!slot) return fail(slot);
  const auto size = slot->handle->size();
  if (!size) return fail(size);
  if (current_.handle) {
    current_.generation = generation_;
    current_.used_bytes = position_;
    older_.push_back(std::move(current_));
  }
  if (begins_checkpoint) {
    before_checkpoint_ = older_.size();
    in_checkpoint_ = true;
  }
  current_ = std::move(*slot);
  file_bytes_ = *size;
  position_ = wal_first_record;
  file_header_ =
      encode_wal_file_header({++generation_, last_lsn_ + 1, begins_checkpoint, file_bytes_, durable_lsn_});
  return {};
}

void wal_writer::add(pending& batch, const wal_record& record) {
  wal_record_header header;
  header.type = record.type;
  header.generation = generation_;
  header.lsn = ++last_lsn_;
  header.durable_lsn = durable_lsn_;
  header.position = batch.end;
  header.group = record.group;
  header.payload_bytes = static_cast<std::uint32_t>(record.payload_bytes());
  header.span = static_cast<std::uint32_t>(wal_record_room(header.payload_bytes));
  header.payload_checksum = wal_payload_checksum(record);
  batch.end += header.span;
  batch.records.emplace_back(&record, header);
}

result<> wal_writer::write_out(pending& batch) {
  if (batch.records.empty()) return {};
  // The last record carries what aligns the end of the flush.
  wal_record_header& last = batch.records.back().second;
  const std::uint64_t end = align_up(batch.end, wal_flush_alignment);
  last.span += static_cast<std::uint32_t>(end - batch.end);

  batch.headers.reserve(batch.records.size());
  std::vector<bytes_view> parts;
  const std::uint64_t start = file_header_.empty() ? position_ : 0;
  if (!file_header_.empty()) parts.emplace_back(file_header_);
  for (const auto& [record, header] : batch.records) {
    parts.emplace_back(batch.headers.emplace_back(encode_wal_header(header)));
    if (!record->front.empty()) parts.emplace_back(record->front);
    if (!record->head.empty()) parts.emplace_back(record->head);
    for (const shared_bytes& part : record->payload)
      if (!part.empty()) parts.emplace_back(part);
    const std::size_t fill = header.span - wal_record_header_bytes - header.payload_bytes;
    if (fill > 0) parts.emplace_back(bytes_view(zeros).first(fill));
  }
  if (auto written = current_.handle->write_at(start, parts); !written)
    return fail(written, "writing the write-ahead log");
  counters_.bytes_written += end - start;
  unsynced_bytes_ += end - start;
  position_ = end;
  file_header_.clear();
  batch = {};
  return {};
}

result<> wal_writer::write(std::span<const wal_record> records) {
  MARQUEE_ASSERT(current_.handle != nullptr, "begin_file comes first");
  pending batch;
  batch.end = position_;
  for (const wal_record& record : records) {
    const std::uint64_t room = wal_record_room(record.payload_bytes());
    if (batch.end + room > file_bytes_) {
      if (auto written = write_out(batch); !written) return written;
      if (auto begun = begin_file(false); !begun) return begun;
      batch.end = position_;
      MARQUEE_ASSERT(batch.end + room <= file_bytes_, "a record that fits into no file was let in");
    }
    add(batch, record);
  }
  return write_out(batch);
}

result<> wal_writer::sync() {
  if (unsynced_bytes_ == 0) return {};
  if (auto synced = current_.handle->sync(); !synced) return fail(synced, "syncing the write-ahead log");
  ++counters_.syncs;
  unsynced_bytes_ = 0;
  if (!in_checkpoint_) durable_lsn_ = last_lsn_;
  return {};
}

std::vector<wal_slot> wal_writer::complete_checkpoint() {
  MARQUEE_ASSERT(in_checkpoint_ && unsynced_bytes_ == 0, "the checkpoint is not durable yet");
  in_checkpoint_ = false;
  durable_lsn_ = last_lsn_;
  const auto end = older_.begin() + static_cast<std::ptrdiff_t>(before_checkpoint_);
  std::vector<wal_slot> released(std::make_move_iterator(older_.begin()), std::make_move_iterator(end));
  older_.erase(older_.begin(), end);
  before_checkpoint_ = 0;
  return released;
}

}  // namespace marquee::raft
