// Record data as clients send it: validation with every rule, the cursor over what was accepted, and the four
// codecs.

#include "kafka/batch_validation.h"
#include "kafka/decompression.h"
#include "kafka/record_cursor.h"
#include "tests/fuzz/fuzz_input.h"

using namespace marquee;
using namespace marquee::kafka;

namespace {

constexpr std::size_t most_decompressed = 256 * 1024;

batch_rules rules_from(fuzz::fuzz_input& input) {
  batch_rules rules;
  const std::size_t chosen = input.choose(8);
  if (chosen & 1) rules.allowed = batch_rules::batches::several;
  if (chosen & 2) rules.keys = batch_rules::null_keys::refused;
  if (chosen & 4) rules.zstd = batch_rules::zstd_batches::refused;
  rules.max_decompressed_bytes = most_decompressed;
  return rules;
}

std::int32_t records_in(bytes_view batch) {
  record_cursor cursor(batch);
  record_view record;
  std::int32_t count = 0;
  while (cursor.next(record)) {
    ++count;
    // Touches every byte that a view covers.
    std::uint64_t sum = 0;
    for (const auto& part : {record.key, record.value})
      if (part)
        for (const std::uint8_t octet : *part) sum += octet;
    for (const record_header_view& header : record.headers)
      sum += header.name.size() + (header.value ? header.value->size() : 0);
    if (sum == UINT64_MAX) std::abort();
  }
  return cursor.failed() ? -1 : count;
}

void validate(fuzz::fuzz_input& input) {
  const batch_rules rules = rules_from(input);
  const shared_bytes records = input.rest();
  const batch_verdict verdict = validate_batches(records, rules);
  fuzz::require((verdict.error == kafka_error::none) || verdict.batches.empty(),
                "a refused batch is not given");
  for (const checked_batch& batch : verdict.batches) {
    fuzz::require(batch.data.size() == batch.header.total_size(), "a batch is as long as it says");
    if (batch.header.codec_id() == 0)
      fuzz::require(records_in(batch.data) == batch.header.record_count, "an accepted batch has its records");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::fuzz_input input(data, size);
  const std::size_t chosen = input.choose(6);
  if (chosen == 0) {
    validate(input);
  } else if (chosen == 1) {
    const shared_bytes batch = input.rest();
    if (batch.size() >= batch_layout::header_size) (void)records_in(batch);
  } else {
    const result<bytes> plain =
        decompress(static_cast<compression>(chosen - 1), input.rest(), most_decompressed);
    fuzz::require(!plain || plain->size() <= most_decompressed, "what comes out is bounded");
  }
  return 0;
}
