#pragma once

#include <memory>
#include <vector>

#include "write_manager/manager_context.h"
#include "write_manager/own_producer.h"
#include "write_manager/produce_answer.h"
#include "write_manager/produce_sender.h"

namespace marquee::write_manager {

/// POST /producer/produce: reads the request, checks topic and producer without asking anybody, plans, has
/// the batches stored and tells what became of each message. Asks PostgreSQL only when the topic is not known
/// yet. On the manager's loop.
class produce_handler {
 public:
  /// What is given must outlive the handler.
  produce_handler(manager_context& context, own_producer& own, produce_sender& sender);

  [[nodiscard]] net::task<net::http_response> handle(net::http_exchange& exchange);

 private:
  [[nodiscard]] net::task<api_result<db::topic_pointer>> find_topic(
      const produce_request& request, const std::optional<db::client_identity>& producer, net::deadline end);
  [[nodiscard]] api_result<std::int64_t> check_producer(const std::optional<db::client_identity>& identity,
                                                        const db::topic_row& topic) const;
  [[nodiscard]] net::task<std::vector<item_outcome>> store_all(const db::topic_row& topic,
                                                               const produce_plan& plan, net::deadline end);

  manager_context& context_;
  own_producer& own_;
  produce_sender& sender_;
  metric_counter& messages_;
  metric_counter& failures_;
  metric_histogram& latency_;
};

}  // namespace marquee::write_manager
