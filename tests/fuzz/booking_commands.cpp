// Records of booking.cmd: each line of the input is one. The first byte says how far apart their timestamps
// are.

#include <string_view>

#include "booking_app/machine/machine.h"
#include "tests/fuzz/fuzz_input.h"

using namespace marquee;
using namespace marquee::booking;

namespace {

constexpr std::string_view opening[] = {
    R"({"v":1,"type":"show.add","client_id":"admin","seq":1,"body":{"show_id":"S1","movie":"M","hall":"1",)"
    R"("starts_at_ms":2000,"rows":3,"cols":4,"queue":{"max_active":1,"admit_ms":500}}})",
    R"({"v":1,"type":"show.add","client_id":"admin","seq":2,"body":{"show_id":"S2","movie":"M","hall":"1",)"
    R"("starts_at_ms":3000,"layout":["ss.ss","sssss"],"orphan_rule":"reject_unless_unavoidable"}})",
    R"({"v":1,"type":"session.open","client_id":"ann","seq":1,"body":{"lease_ms":500,"grace_ms":500}})",
    R"({"v":1,"type":"seat.reserve","client_id":"ann","seq":2,"body":{"show_id":"S2","best":{"n":3}}})",
    R"({"v":1,"type":"lock.acquire","client_id":"ann","session_id":"s-2","seq":3,"body":{"name":"n"}})",
};

struct log {
  explicit log(std::size_t step) : step_ms(static_cast<std::int64_t>(step)) {}

  void apply(std::string_view line) {
    timestamp_ms += step_ms;
    const outcome result = target.apply({target.next_offset(), timestamp_ms, as_bytes(line)});
    for (const reply& one : result.replies)
      fuzz::require(!reply_text(result, one).empty(), "every reply can be written");
  }

  machine target;
  std::int64_t timestamp_ms = 1000;
  std::int64_t step_ms;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::fuzz_input input(data, size);
  log records(input.choose(250));
  for (const std::string_view line : opening) records.apply(line);
  const shared_bytes rest = input.rest();
  for (std::string_view text = rest.text(); !text.empty();) {
    const std::size_t end = text.find('\n');
    records.apply(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  const machine& target = records.target;
  fuzz::require(target.digest() == target.recomputed_digest(), "the digest is that of all entities");
  const std::string snapshot = target.snapshot();
  const auto restored = machine::from_snapshot(as_bytes(snapshot));
  fuzz::require(restored && restored->snapshot() == snapshot, "a snapshot is a fixed point");
  return 0;
}
