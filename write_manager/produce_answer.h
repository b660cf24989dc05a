#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "db/metadata_rows.h"
#include "net/http_message.h"
#include "write_manager/produce_plan.h"
#include "write_manager/produce_request.h"
#include "write_manager/produce_sender.h"

namespace marquee::write_manager {

/// What became of one message of a request.
struct message_result {
  std::int32_t partition = -1;
  std::int64_t offset = -1;
  std::int64_t timestamp_ms = -1;
  bool duplicate = false;
  broker_id broker{};                        ///< who refused it; 0: no broker
  std::optional<message_problem> problem{};  ///< if it was not stored
};

/// Puts what brokers answered for a plan into request order. `outcomes` as many as the plan has partitions.
[[nodiscard]] std::vector<message_result> collect_results(const produce_request& request,
                                                          const produce_plan& plan,
                                                          const std::vector<item_outcome>& outcomes,
                                                          const db::topic_row& topic, std::int64_t now_ms);

/// The answer of POST /producer/produce (http-api.md). `component` is this manager's; a problem that a broker
/// told names the broker.
[[nodiscard]] net::http_response make_produce_answer(produce_request::form shape,
                                                     const std::vector<message_result>& results,
                                                     const db::topic_row& topic,
                                                     const std::string& component);

/// Server-Timing: the manager's own time and what the leader told.
[[nodiscard]] std::string server_timing(std::int64_t manager_us, const produce_timings& timings);

}  // namespace marquee::write_manager
