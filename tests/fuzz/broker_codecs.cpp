// What a broker is told or reads back: position commands, batch tables, partition states, topic metadata.

#include "broker/batch_table.h"
#include "broker/metadata_codec.h"
#include "broker/partition_state.h"
#include "broker/position_command.h"
#include "tests/fuzz/fuzz_input.h"

using namespace marquee;
using namespace marquee::broker;

namespace {

void command(const shared_bytes& data) {
  const auto first = decode_position_command("consumer", data);
  if (!first) return;
  const auto second = decode_position_command("consumer", encode_position_command(*first));
  fuzz::require(second && *second == *first, "a position command is a fixed point");
}

void table(const shared_bytes& data) {
  const auto first = decode_batch_table(data);
  if (!first) return;
  const auto second = decode_batch_table(encode_batch_table(*first));
  fuzz::require(second && *second == *first, "a batch table is a fixed point");
}

void state(const shared_bytes& data) {
  partition_state first;
  if (!first.decode(data)) return;
  const bytes once = first.encode();
  partition_state second;
  fuzz::require(second.decode(once).has_value(), "what was encoded can be decoded");
  fuzz::require(second.encode() == once, "a partition's state is a fixed point");
}

void metadata(const shared_bytes& data) {
  const auto first = decode_metadata(data.text());
  if (!first) return;
  const std::string once = encode_metadata(*first);
  const auto second = decode_metadata(once);
  fuzz::require(second && encode_metadata(*second) == once, "the metadata file is a fixed point");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::fuzz_input input(data, size);
  const std::size_t chosen = input.choose(6);
  const shared_bytes rest = input.rest();
  switch (chosen) {
    case 0:
      return command(rest), 0;
    case 1:
      return (void)read_command_batch(rest), 0;
    case 2:
      return table(rest), 0;
    case 3:
      return state(rest), 0;
    case 4:
      return metadata(rest), 0;
    default:
      return (void)decode_metadata_push(rest.text()), 0;
  }
}
