#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "benchmarks/load/http_connection.h"
#include "benchmarks/load/load_figures.h"

namespace marquee::load {

/// What an answer was worth.
struct answer_value {
  std::int64_t records = 0;
  std::int64_t bytes = 0;
  std::int64_t failed = 0;  ///< records, or one for the request as a whole
  std::string failure{};    ///< why, as it is counted
  std::int64_t duplicates = 0;
  bool is_counted = true;  ///< false for what only serves the load, such as starting again from the beginning
};

/// What the load consists of: makes requests and judges their answers. `slot` is the number of a connection.
/// Lives on the thread of the engine.
class http_operation {
 public:
  virtual ~http_operation() = default;

  /// Requests that come before the load. The first is answered before the others are sent.
  [[nodiscard]] virtual std::size_t set_up_steps() const { return 0; }
  [[nodiscard]] virtual std::string set_up_request(std::size_t /*step*/) { return {}; }
  /// What is wrong with the answer to a step, in words for people; empty if it is as it should be.
  [[nodiscard]] virtual std::string take_set_up_answer(std::size_t /*step*/, const http_answer& /*answer*/) {
    return {};
  }

  [[nodiscard]] virtual http_request_text next_request(std::size_t slot) = 0;
  [[nodiscard]] virtual answer_value take_answer(std::size_t slot, const http_answer& answer) = 0;
  /// The slot's request got no answer.
  virtual void lose_answer(std::size_t /*slot*/) {}
};

/// A whole request with a JSON body.
[[nodiscard]] std::string json_request(const std::string& method, const std::string& path,
                                       const std::string& host, const std::string& body);
/// The header of a POST whose body has `body_bytes` bytes.
[[nodiscard]] std::string post_header(const std::string& path, const std::string& host,
                                      std::size_t body_bytes, const std::string& more_fields = "");
/// Status and the API's code, such as "503 NOT_ENOUGH_REPLICAS".
[[nodiscard]] std::string failure_of(const http_answer& answer);
/// The text behind `"name":"`, up to the next quote; empty if there is none.
[[nodiscard]] std::string_view text_member(std::string_view body, std::string_view name);
/// The number at the beginning of `text`; -1 if there is none.
[[nodiscard]] std::int64_t leading_number(std::string_view text);

}  // namespace marquee::load
