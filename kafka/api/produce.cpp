#include "kafka/api/produce.h"

#include "kafka/message_codec.h"

namespace marquee::kafka {

namespace {

/// An enumeration that travels as int8.
template <class Enum>
void small_enum(wire_writer& io, const Enum& field) {
  io.value(static_cast<std::int8_t>(field));
}
template <class Enum>
void small_enum(wire_reader& io, Enum& field) {
  std::int8_t raw = 0;
  io.value(raw);
  field = static_cast<Enum>(raw);
}

constexpr auto describe_marquee_produce = [](auto& io, auto& m) {
  io.value(m.routing_epoch);
  io.array(m.batches, [&](auto& batch) {
    io.value(batch.producer_id);
    io.array(batch.runs, [&](auto& run) {
      io.value(run.sequence);
      io.value(run.count);
      io.value(run.hash);
      io.end_struct();
    });
    io.end_struct();
  });
  io.end_struct();
};

constexpr auto describe_marquee_result = [](auto& io, auto& m) {
  io.array(m.batches, [&](auto& batch) {
    io.value(batch.base_offset);
    io.value(batch.append_time_ms);
    small_enum(io, batch.kind);
    io.array(batch.offsets);
    io.array(batch.timestamps_ms);
    io.value(batch.error);
    io.text(batch.message);
    io.end_struct();
  });
  small_enum(io, m.outcome);
  io.value(m.append_us);
  io.value(m.fsync_us);
  io.value(m.commit_us);
  io.end_struct();
};

constexpr auto describe_request = [](auto& io, auto& m, std::int16_t) {
  io.text(m.transactional_id);
  io.value(m.acks);
  io.value(m.timeout_ms);
  io.array(m.topics, [&](auto& topic) {
    io.text(topic.name);
    io.array(topic.partitions, [&](auto& partition) {
      io.value(partition.index);
      io.records(partition.records);
      io.end_struct(tagged(marquee_tag, partition.marquee, describe_marquee_produce));
    });
    io.end_struct();
  });
  io.end_struct();
};

constexpr auto describe_partition_result = [](auto& io, auto& partition, std::int16_t version) {
  io.value(partition.index);
  io.value(partition.error);
  io.value(partition.base_offset);
  io.value(partition.log_append_time_ms);
  if (version >= 5) io.value(partition.log_start_offset);
  if (version >= 8) {
    io.array(partition.record_errors, [&](auto& record) {
      io.value(record.batch_index);
      io.text(record.message);
      io.end_struct();
    });
    io.text(partition.error_message);
  }
  io.end_struct(tagged(
                    0, partition.current_leader,
                    [](auto& in, auto& leader) {
                      in.value(leader.leader_id);
                      in.value(leader.leader_epoch);
                      in.end_struct();
                    },
                    version >= 10),
                tagged(marquee_tag, partition.marquee, describe_marquee_result));
};

constexpr auto describe_response = [](auto& io, auto& m, std::int16_t version) {
  io.array(m.topics, [&](auto& topic) {
    io.text(topic.name);
    io.array(topic.partitions, [&](auto& partition) { describe_partition_result(io, partition, version); });
    io.end_struct();
  });
  io.value(m.throttle_ms);
  io.end_struct(tagged(
      0, m.node_endpoints,
      [](auto& in, auto& nodes) {
        in.array(nodes, [&](auto& node) {
          in.value(node.node_id);
          in.text(node.host);
          in.value(node.port);
          in.text(node.rack);
          in.end_struct();
        });
      },
      version >= 10));
};

}  // namespace

void produce_response::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_response);
}
result<produce_response> produce_response::decode(std::int16_t version, wire_reader& in) {
  return decode_message<produce_response>("Produce response", version, in, describe_response);
}
void produce_request::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_request);
}
result<produce_request> produce_request::decode(std::int16_t version, wire_reader& in) {
  return decode_message<produce_request>("Produce request", version, in, describe_request);
}

}  // namespace marquee::kafka
