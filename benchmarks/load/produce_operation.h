#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "benchmarks/load/http_operation.h"
#include "benchmarks/load/load_options.h"
#include "benchmarks/load/offset_check.h"

namespace marquee::load {

/// Produces over Marquee's HTTP API, with a sequence in each request. Connections share a few producers.
/// Bodies are made once; a request changes only the sequence in its head. Each answer must hold an offset for
/// every record, and no offset may come twice.
class produce_operation : public http_operation {
 public:
  produce_operation(const load_options& options, std::string host, std::int64_t producers);

  [[nodiscard]] std::size_t set_up_steps() const override { return 1 + producers_.size(); }
  [[nodiscard]] std::string set_up_request(std::size_t step) override;
  [[nodiscard]] std::string take_set_up_answer(std::size_t step, const http_answer& answer) override;
  [[nodiscard]] http_request_text next_request(std::size_t slot) override;
  [[nodiscard]] answer_value take_answer(std::size_t slot, const http_answer& answer) override;

 private:
  struct producer {
    std::string id;
    std::int64_t next_sequence = 0;
  };

  void make_tails();
  void make_head(std::size_t slot);

  const load_options& options_;
  std::string host_;
  std::vector<producer> producers_;
  std::vector<std::string> heads_;  ///< one a slot; with a place for the sequence at the end
  std::vector<std::string> tails_;  ///< all of the same length; they take turns
  std::size_t next_tail_ = 0;
  given_offsets offsets_;
};

}  // namespace marquee::load
