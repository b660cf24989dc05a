#include "kafka/api/fetch.h"

#include "kafka/message_codec.h"

namespace marquee::kafka {

namespace {

void cluster_id_text(wire_writer& io, const std::string& id) {
  io.text(id);
}
void cluster_id_text(wire_reader& io, std::string& id) {
  std::optional<std::string> text;
  io.text(text);
  id = text.value_or("");
}

constexpr auto describe_request = [](auto& io, auto& m, std::int16_t version) {
  io.value(m.replica_id);
  io.value(m.max_wait_ms);
  io.value(m.min_bytes);
  io.value(m.max_bytes);
  io.value(m.isolation_level);
  if (version >= 7) {
    io.value(m.session_id);
    io.value(m.session_epoch);
  }
  io.array(m.topics, [&](auto& topic) {
    io.text(topic.name);
    io.array(topic.partitions, [&](auto& partition) {
      io.value(partition.index);
      if (version >= 9) io.value(partition.current_leader_epoch);
      io.value(partition.fetch_offset);
      if (version >= 12) io.value(partition.last_fetched_epoch);
      if (version >= 5) io.value(partition.log_start_offset);
      io.value(partition.max_bytes);
      io.end_struct();
    });
    io.end_struct();
  });
  if (version >= 7)
    io.array(m.forgotten, [&](auto& topic) {
      io.text(topic.name);
      io.array(topic.partitions);
      io.end_struct();
    });
  if (version >= 11) io.text(m.rack_id);
  io.end_struct(tagged(0, m.cluster_id, [](auto& in, auto& id) { cluster_id_text(in, id); }));
};

constexpr auto describe_partition = [](auto& io, auto& partition, std::int16_t version) {
  io.value(partition.index);
  io.value(partition.error);
  io.value(partition.high_watermark);
  io.value(partition.last_stable_offset);
  if (version >= 5) io.value(partition.log_start_offset);
  io.array(partition.aborted, [&](auto& transaction) {
    io.value(transaction.producer_id);
    io.value(transaction.first_offset);
    io.end_struct();
  });
  if (version >= 11) io.value(partition.preferred_read_replica);
  io.records(partition.records);
  io.end_struct(tagged(0, partition.diverging,
                       [](auto& in, auto& diverging) {
                         in.value(diverging.epoch);
                         in.value(diverging.end_offset);
                         in.end_struct();
                       }),
                tagged(1, partition.current_leader,
                       [](auto& in, auto& leader) {
                         in.value(leader.leader_id);
                         in.value(leader.leader_epoch);
                         in.end_struct();
                       }),
                tagged(2, partition.snapshot, [](auto& in, auto& snapshot) {
                  in.value(snapshot.end_offset);
                  in.value(snapshot.epoch);
                  in.end_struct();
                }));
};

constexpr auto describe_response = [](auto& io, auto& m, std::int16_t version) {
  io.value(m.throttle_ms);
  if (version >= 7) {
    io.value(m.error);
    io.value(m.session_id);
  }
  io.array(m.topics, [&](auto& topic) {
    io.text(topic.name);
    io.array(topic.partitions, [&](auto& partition) { describe_partition(io, partition, version); });
    io.end_struct();
  });
  io.end_struct();
};

}  // namespace

void fetch_response::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_response);
}
result<fetch_response> fetch_response::decode(std::int16_t version, wire_reader& in) {
  return decode_message<fetch_response>("Fetch response", version, in, describe_response);
}
void fetch_request::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_request);
}
result<fetch_request> fetch_request::decode(std::int16_t version, wire_reader& in) {
  return decode_message<fetch_request>("Fetch request", version, in, describe_request);
}

}  // namespace marquee::kafka
