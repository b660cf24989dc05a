// Every request and answer of kafka/api/ in every version, and both headers: what is decoded can be encoded,
// and that is a fixed point.

#include "kafka/request_header.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/unit/kafka/all_messages.h"

using namespace marquee;
using namespace marquee::kafka;

namespace {

bytes encoded(const request_header& header) {
  wire_writer out;
  header.encode(out);
  const shared_bytes whole = out.finish().joined();
  return {whole.data(), whole.data() + whole.size()};
}

void decode_header(const shared_bytes& data) {
  wire_reader in(data);
  const auto header = request_header::decode(in);
  if (!header) return;
  (void)header->check();
  const bytes once = encoded(*header);
  wire_reader again(shared_bytes::copy_of(once));
  const auto second = request_header::decode(again);
  fuzz::require(second && encoded(*second) == once, "a request header is a fixed point");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::fuzz_input input(data, size);
  const auto& all = all_messages();
  const std::size_t chosen = input.choose(all.size() + 1);
  if (chosen == all.size()) {
    decode_header(input.rest());
    return 0;
  }
  const message_kind& kind = all[chosen];
  const auto versions = static_cast<std::size_t>(kind.max_version - kind.min_version + 1);
  const auto version = static_cast<std::int16_t>(kind.min_version + static_cast<int>(input.choose(versions)));
  const result<bytes> once = kind.decode_and_encode(version, input.rest());
  if (!once) return 0;
  // A field that is not there in this version may take its default; from then on nothing changes.
  const result<bytes> twice = kind.decode_and_encode(version, shared_bytes::copy_of(*once));
  fuzz::require(twice.has_value(), "what was encoded can be decoded");
  fuzz::require(*twice == *once, "decoding and encoding is a fixed point");
  fuzz::require(once->size() <= 64 * size + 1024, "a decoded message is in proportion to its bytes");
  return 0;
}
