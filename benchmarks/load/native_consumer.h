#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "benchmarks/load/load_figures.h"
#include "benchmarks/load/native_options.h"
#include "benchmarks/load/offset_check.h"

namespace marquee::load {

/// One librdkafka consumer that reads some partitions of a topic, without a group. In each partition each
/// offset must follow the one before it. Belongs to the thread that runs it.
class native_consumer {
 public:
  enum class place { beginning, end };
  /// Called for each record; says when the record was due, where that is known.
  using record_callback = std::function<std::optional<steady::time_point>(const rd_kafka_message_t&)>;

  /// Starts to read at once. Throws std::runtime_error with librdkafka's words.
  native_consumer(const native_options& options, std::vector<std::int32_t> partitions, place from);
  ~native_consumer();
  native_consumer(const native_consumer&) = delete;
  native_consumer& operator=(const native_consumer&) = delete;

  /// Reads until `until`, or until `is_done` says so.
  void run(load_figures& figures, steady::time_point until, const record_callback& due_of,
           const std::function<bool()>& is_done);

 private:
  void take(load_figures& figures, const rd_kafka_message_t& message, const record_callback& due_of,
            steady::time_point asked);
  void begin_again(load_figures& figures, std::int32_t partition);

  struct stored_range {
    std::int64_t first = 0;
    std::int64_t end = 0;
  };

  const native_options& options_;
  std::vector<std::int32_t> partitions_;
  std::map<std::int32_t, stored_range> stored_;  ///< when reading began
  native_client client_;
  native_topic topic_;
  native_queue queue_;
  read_offsets offsets_;
};

}  // namespace marquee::load
