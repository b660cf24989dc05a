#include "broker/leader_epoch_table.h"

#include <algorithm>

namespace marquee::broker {

void leader_epoch_table::note(term_number term, record_offset at) {
  if (!starts_.empty() && term <= starts_.back().term) return;
  if (starts_.size() == terms_kept) starts_.erase(starts_.begin());
  starts_.push_back({term, at});
}

leader_epoch_table::epoch_end leader_epoch_table::end_of(std::int64_t epoch, term_number current,
                                                         record_offset log_end) const {
  if (epoch > current.value() || epoch < 0) return {};
  if (epoch == current.value()) return {epoch, log_end.value()};
  const auto next = std::ranges::upper_bound(starts_, term_number(epoch), {}, &start::term);
  const record_offset end = next == starts_.end() ? log_end : next->offset;
  if (next == starts_.begin()) return {epoch, end.value()};
  return {std::prev(next)->term.value(), end.value()};
}

std::optional<term_number> leader_epoch_table::term_at(record_offset at) const {
  const auto next = std::ranges::upper_bound(starts_, at, {}, &start::offset);
  if (next == starts_.begin()) return std::nullopt;
  return std::prev(next)->term;
}

void leader_epoch_table::encode(byte_writer& out) const {
  out.put_uvarint(starts_.size());
  for (const start& one : starts_) {
    out.put(one.term.value());
    out.put(one.offset.value());
  }
}

result<> leader_epoch_table::decode(byte_reader& in) {
  starts_.clear();
  const std::uint64_t count = in.get_uvarint();
  if (count > terms_kept) in.fail();
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    const term_number term(in.get<std::int64_t>());
    const record_offset offset(in.get<std::int64_t>());
    if (!starts_.empty() && term <= starts_.back().term) in.fail();
    starts_.push_back({term, offset});
  }
  if (in.failed()) return fail(error_code::corrupt, "the table of leader epochs cannot be read");
  return {};
}

}  // namespace marquee::broker
