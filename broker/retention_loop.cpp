#include "broker/retention_loop.h"

#include "broker/partition_access.h"
#include "broker/retention_policy.h"

namespace marquee::broker {

void retention_loop::start() {
  loop_.post_after_ms(period_ms_, [this] {
    check_all();
    start();
  });
}

void retention_loop::check_all() const {
  const metadata_snapshot metadata = catalog_.snapshot();
  const std::int64_t now_ms = time_.wall_ms();
  host_.for_each([&](const replica_pointer& replica) {
    const topic_metadata* topic = metadata->find(replica->group().topic_id);
    if (topic == nullptr) return;
    run_on_partition(replica, [rules = retention_rules_of(*topic), now_ms](partition& kept) {
      kept.keep_retention(rules, now_ms);
    });
  });
}

}  // namespace marquee::broker
