#pragma once

#include <string>
#include <utility>

#include "raft/core/entry.h"
#include "raft/core/entry_codec.h"

namespace marquee::raft::testing {

/// A sealed data entry whose payload comes in two parts, as on a leader.
[[nodiscard]] inline entry sample_entry(std::int64_t term, std::int64_t index) {
  entry e;
  e.term = term_number(term);
  e.index = log_index(index);
  e.type = entry_type::data;
  e.base_offset = record_offset(index * 10);
  e.record_count = 3;
  e.append_time_ms = 1'700'000'000'000 + index;
  e.head = shared_bytes::of(std::string("table"));
  e.payload = {shared_bytes::of(std::string("first part, ")), shared_bytes::of(std::string("second part"))};
  seal_entry(e);
  return e;
}

[[nodiscard]] inline entry sample_no_op(std::int64_t term, std::int64_t index) {
  entry e;
  e.term = term_number(term);
  e.index = log_index(index);
  e.base_offset = record_offset(index * 10);
  seal_entry(e);
  return e;
}

[[nodiscard]] inline bytes joined(const std::vector<shared_bytes>& parts) {
  bytes all;
  for (const shared_bytes& part : parts) all.insert(all.end(), part.view().begin(), part.view().end());
  return all;
}

[[nodiscard]] inline bytes encoded(const entry& e) {
  const entry_header header = encode_entry_header(e);
  std::vector<bytes_view> parts;
  append_entry_parts(e, header, parts);
  bytes all;
  for (const bytes_view part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace marquee::raft::testing
