#include "broker/sequence_table.h"

namespace marquee::broker {
namespace {

/// As two's complement has it: what stands on a damaged disk must not overflow a signed integer.
std::int64_t difference(std::int64_t from, std::int64_t what) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(from) - static_cast<std::uint64_t>(what));
}

}  // namespace

/// Producers are written in the order of their lists, so that equal tables give equal bytes.
void sequence_table::encode(byte_writer& out) const {
  out.put_uvarint(by_activity_.size());
  for (const std::int64_t producer : by_activity_) {
    const producer_state& state = active_.at(producer);
    out.put(producer);
    out.put(state.batches);
    out.put(state.last_append_ms);
    out.put(state.known.highest);
    out.put(state.known.forgotten_below);
    out.put_uvarint(state.by_age.size());
    for (const appended& item : state.by_age) {
      const stored_run& run = state.runs.at(item.sequence);
      out.put_varint(item.sequence);
      out.put_uvarint(static_cast<std::uint64_t>(difference(state.batches, item.batch)));
      out.put_uvarint(static_cast<std::uint64_t>(run.count));
      out.put(run.hash);
      out.put_varint(run.offset.value());
      out.put_varint(difference(state.last_append_ms, run.append_time_ms));
    }
  }
  out.put_uvarint(by_idleness_.size());
  for (const std::int64_t producer : by_idleness_) {
    const marks& known = idle_.at(producer).known;
    out.put(producer);
    out.put(known.highest);
    out.put(known.forgotten_below);
  }
}

result<> sequence_table::decode(byte_reader& in) {
  active_.clear();
  by_activity_.clear();
  idle_.clear();
  by_idleness_.clear();
  for (std::uint64_t left = in.get_uvarint(); left > 0 && !in.failed(); --left) {
    const auto producer = in.get<std::int64_t>();
    if (active_.contains(producer)) in.fail();
    if (in.failed()) break;
    producer_state& state = activate(producer);
    state.batches = in.get<std::int64_t>();
    state.last_append_ms = in.get<std::int64_t>();
    state.known.highest = in.get<std::int64_t>();
    state.known.forgotten_below = in.get<std::int64_t>();
    for (std::uint64_t runs = in.get_uvarint(); runs > 0 && !in.failed(); --runs) {
      const std::int64_t sequence = in.get_varint();
      const std::int64_t batch = difference(state.batches, static_cast<std::int64_t>(in.get_uvarint()));
      stored_run run;
      run.count = static_cast<std::int32_t>(in.get_uvarint());
      run.hash = in.get<std::int64_t>();
      run.offset = record_offset(in.get_varint());
      run.append_time_ms = difference(state.last_append_ms, in.get_varint());
      if (in.failed() || run.count <= 0 || !state.runs.emplace(sequence, run).second) in.fail();
      state.by_age.push_back({sequence, batch});
    }
  }
  for (std::uint64_t left = in.get_uvarint(); left > 0 && !in.failed(); --left) {
    const auto producer = in.get<std::int64_t>();
    marks known;
    known.highest = in.get<std::int64_t>();
    known.forgotten_below = in.get<std::int64_t>();
    if (idle_.contains(producer)) in.fail();
    if (!in.failed()) add_idle(producer, known);
  }
  if (in.failed()) return fail(error_code::corrupt, "the table of producer sequences cannot be read");
  return {};
}

}  // namespace marquee::broker
