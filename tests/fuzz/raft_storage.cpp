// What a broker reads from its disk: records of the write-ahead log and their payloads, whole log files,
// segments.

#include "base/simulated_file_system.h"
#include "raft/storage/segment_format.h"
#include "raft/storage/segment_index.h"
#include "raft/storage/wal_payload.h"
#include "raft/storage/wal_record.h"
#include "raft/storage/wal_scan.h"
#include "tests/fuzz/fuzz_input.h"

using namespace marquee;
using namespace marquee::raft;

namespace {

void record_header(const shared_bytes& data) {
  const auto header = decode_wal_header(data);
  if (!header) return;
  const encoded_wal_header again = encode_wal_header(*header);
  const auto second = decode_wal_header(again);
  fuzz::require(second && encode_wal_header(*second) == again, "a record's header is a fixed point");
}

template <class Decode, class Encode>
void payload(bytes_view data, Decode decode, Encode encode) {
  const auto first = decode(data);
  if (!first) return;
  const bytes once = encode(*first);
  const auto second = decode(bytes_view(once));
  fuzz::require(second && encode(*second) == once, "a payload is a fixed point");
}

void log_file(const shared_bytes& data) {
  simulated_file_system files;
  const std::string path = "/1.log";
  {
    const auto file = files.open(path, open_mode::create);
    if (!file) return;
    const bytes_view whole = data;
    (void)(*file)->write_at(0, std::span(&whole, 1));
  }
  const auto scanned = scan_wal_file(files, path, 1);
  if (!scanned) return;
  std::uint64_t last = 0;
  for (const scanned_record& record : scanned->records) {
    fuzz::require(record.header.position >= last, "records follow each other");
    last = record.header.position + record.header.span;
  }
  fuzz::require(scanned->records.empty() || scanned->end_position <= scanned->size,
                "a log ends within its file");
}

void segment(const shared_bytes& data) {
  const auto size =
      segment_header_size(bytes_view(data).first(std::min(data.size(), segment_preamble_bytes)));
  if (size) fuzz::require(*size <= largest_segment_header_bytes, "a state block is bounded");
  const auto header = decode_segment_header(data);
  if (!header) return;
  const bytes once = encode_segment_header(*header);
  const auto second = decode_segment_header(shared_bytes::copy_of(once));
  fuzz::require(second && encode_segment_header(*second) == once, "a segment's header is a fixed point");
}

void index(const shared_bytes& data) {
  const auto first = segment_index::decode(data);
  if (!first) return;
  const bytes once = first->encode();
  const auto second = segment_index::decode(once);
  fuzz::require(second && second->encode() == once, "an index is a fixed point");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::fuzz_input input(data, size);
  const std::size_t chosen = input.choose(9);
  const shared_bytes rest = input.rest();
  switch (chosen) {
    case 0:
      return record_header(rest), 0;
    case 1:
      return payload(rest, decode_group_facts, encode_group_facts), 0;
    case 2:
      return payload(rest, decode_hard_state, encode_hard_state), 0;
    case 3:
      return payload(rest, decode_number, encode_number), 0;
    case 4:
      return payload(rest, decode_entry_pointer, encode_entry_pointer), 0;
    case 5:
      return payload(rest, decode_session, encode_session), 0;
    case 6:
      return log_file(rest), 0;
    case 7:
      return segment(rest), 0;
    default:
      return index(rest), 0;
  }
}
