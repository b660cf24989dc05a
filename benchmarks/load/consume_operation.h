#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "benchmarks/load/http_operation.h"
#include "benchmarks/load/load_options.h"
#include "benchmarks/load/offset_check.h"

namespace marquee::load {

struct consume_options {
  bool polls = true;          ///< each request has a number, so that a lost answer loses nothing
  bool acknowledges = false;  ///< commit "manual", with a commit of its own after each answer
  bool rewinds = true;        ///< at the end of the topic each consumer begins again
  std::int64_t wait_ms = 1000;
};

/// Consumes over Marquee's HTTP API: each connection is a consumer of its own that reads the whole topic. In
/// each partition each offset must follow the one before it.
class consume_operation : public http_operation {
 public:
  consume_operation(const load_options& options, consume_options consume, std::string host);

  [[nodiscard]] std::size_t set_up_steps() const override { return consumers_.size(); }
  [[nodiscard]] std::string set_up_request(std::size_t step) override;
  [[nodiscard]] std::string take_set_up_answer(std::size_t step, const http_answer& answer) override;
  [[nodiscard]] http_request_text next_request(std::size_t slot) override;
  [[nodiscard]] answer_value take_answer(std::size_t slot, const http_answer& answer) override;
  void lose_answer(std::size_t slot) override;

 private:
  enum class step { consume, commit, rewind };
  struct consumer {
    std::string id;
    std::int64_t poll = 0;
    step under_way = step::consume;
    step next = step::consume;
    std::string request;
    read_offsets offsets;
  };

  [[nodiscard]] std::string consume_body(consumer& by) const;
  [[nodiscard]] answer_value take_messages(consumer& by, std::string_view body) const;

  const load_options& options_;
  consume_options consume_;
  std::string host_;
  std::vector<consumer> consumers_;
};

}  // namespace marquee::load
