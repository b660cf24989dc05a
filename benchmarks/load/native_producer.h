#pragma once

#include <optional>
#include <random>
#include <string>

#include "benchmarks/load/load_figures.h"
#include "benchmarks/load/load_schedule.h"
#include "benchmarks/load/native_options.h"
#include "benchmarks/load/offset_check.h"

namespace marquee::load {

/// One librdkafka producer and its load: as many records as may be in flight (closed loop), or at a fixed
/// rate (open loop). Every record's delivery report is looked at: its error or its offset, which no other
/// record may have. Belongs to the thread that runs it.
class native_producer {
 public:
  /// What a record carries besides its payload.
  enum class record_content { payload, time_it_was_due };

  native_producer(const native_options& options, std::int32_t partitions, std::uint64_t number,
                  record_content content = record_content::payload);

  /// Blocks until the load has ended and every record is acknowledged or given up. `share` of the rate is
  /// this producer's.
  void run(steady::time_point start, double share);
  [[nodiscard]] load_figures& figures() { return *figures_; }

 private:
  static void on_delivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque);
  void take_report(const rd_kafka_message_t& message);
  void send_one(steady::time_point due);
  /// True if the record was taken.
  bool try_to_send(steady::time_point due);

  const native_options& options_;
  std::int32_t partitions_;
  std::int32_t next_partition_ = 0;
  record_content content_;
  std::string payload_;
  std::mt19937_64 random_;
  std::int64_t under_way_ = 0;
  std::optional<load_figures> figures_;
  given_offsets offsets_;
  native_client client_;
  native_topic topic_;
};

/// The time in a record's first bytes: when it was due.
[[nodiscard]] steady::time_point due_time_in(const void* payload);
constexpr std::int64_t due_time_bytes = 8;

}  // namespace marquee::load
