#include "raft/core/configuration.h"

#include <algorithm>
#include <string>

#include "base/byte_codec.h"

namespace marquee::raft {
namespace {

constexpr std::uint8_t configuration_format_version = 1;

bool contains(const std::vector<replica_id>& list, const replica_id& replica) {
  return std::ranges::find(list, replica) != list.end();
}

void put_list(byte_writer& writer, const std::vector<replica_id>& list) {
  writer.put<std::uint16_t>(static_cast<std::uint16_t>(list.size()));
  for (const replica_id& replica : list) {
    writer.put<std::int32_t>(replica.broker.value());
    writer.put<std::int64_t>(replica.incarnation.value());
  }
}

std::vector<replica_id> get_list(byte_reader& reader) {
  std::vector<replica_id> list;
  const auto count = reader.get<std::uint16_t>();
  if (count > most_replicas_of_a_group) reader.fail();
  for (int i = 0; i < count && !reader.failed(); ++i) {
    const broker_id broker(reader.get<std::int32_t>());
    const replica_id replica{broker, incarnation_id(reader.get<std::int64_t>())};
    // A list that names a replica twice would count its vote twice.
    if (contains(list, replica)) reader.fail();
    list.push_back(replica);
  }
  return list;
}

}  // namespace

bool configuration::is_voter(const replica_id& replica) const {
  return contains(voters, replica) || contains(outgoing_voters, replica);
}

bool configuration::is_member(const replica_id& replica) const {
  return is_voter(replica) || contains(learners, replica);
}

std::vector<replica_id> configuration::members() const {
  std::vector<replica_id> all;
  for (const auto* list : {&voters, &outgoing_voters, &learners})
    for (const replica_id& replica : *list)
      if (!contains(all, replica)) all.push_back(replica);
  return all;
}

bytes encode_configuration(const configuration& value) {
  bytes data;
  byte_writer writer(data);
  writer.put<std::uint8_t>(configuration_format_version);
  put_list(writer, value.voters);
  put_list(writer, value.outgoing_voters);
  put_list(writer, value.learners);
  return data;
}

result<configuration> decode_configuration(bytes_view data) {
  byte_reader reader(data);
  const auto version = reader.get<std::uint8_t>();
  if (!reader.failed() && version != configuration_format_version)
    return fail(error_code::unsupported, "configuration has format version " + std::to_string(version) +
                                             "; this release reads version " +
                                             std::to_string(configuration_format_version));
  configuration value;
  value.voters = get_list(reader);
  value.outgoing_voters = get_list(reader);
  value.learners = get_list(reader);
  if (reader.failed() || reader.remaining() > 0)
    return fail(error_code::corrupt, "configuration is cut off, too long or names a replica twice");
  if (value.voters.empty() && !value.outgoing_voters.empty())
    return fail(error_code::corrupt, "joint configuration without new voters");
  return value;
}

}  // namespace marquee::raft
