#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "benchmarks/load/http_operation.h"
#include "benchmarks/load/load_options.h"

namespace marquee::load {

/// What a plain operation sends and expects.
struct plain_request {
  std::string path;
  std::string body{};  ///< each `{n}` in it becomes a number of 16 hexadecimal digits, another one each time
  std::string more_fields{};  ///< of the header, each with its line end
  std::int64_t bytes = 0;     ///< what one request counts for
  std::string expected{};     ///< text that a good answer holds; any if empty
};

/// Sends the same POST again and again. An answer with a 2xx status and the expected text is a record.
class plain_operation : public http_operation {
 public:
  plain_operation(const load_options& options, std::string host, plain_request request);

  [[nodiscard]] http_request_text next_request(std::size_t slot) override;
  [[nodiscard]] answer_value take_answer(std::size_t slot, const http_answer& answer) override;

 private:
  plain_request request_;
  std::vector<std::size_t> places_;  ///< of the numbers, from the end of the header on
  std::string text_;                 ///< header and body, with zeros for the numbers
  std::vector<std::string> texts_;   ///< one a slot, where there are numbers
  std::uint64_t next_number_ = 0;
};

/// The requests of Marquee's API that create things; `topic_prefix` and a number that is new in each run are
/// the names of topics.
[[nodiscard]] plain_request register_producer_request(const std::string& topic);
[[nodiscard]] plain_request register_consumer_request(const std::string& topic);
[[nodiscard]] plain_request create_topic_request(const std::string& topic_prefix, std::int64_t partitions,
                                                 std::int64_t replication_factor);

}  // namespace marquee::load
