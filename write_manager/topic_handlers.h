#pragma once

#include "write_manager/manager_context.h"
#include "write_manager/topic_creator.h"

namespace marquee::net {
class http_router;
}

namespace marquee::write_manager {

/// POST and GET /topics, GET, PATCH and DELETE /topics/{topic}, POST /topics/{topic}/partitions. What is
/// given must outlive the router.
void add_topic_routes(net::http_router& router, manager_context& context, topic_creator& topics);

}  // namespace marquee::write_manager
