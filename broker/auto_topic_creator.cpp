#include "broker/auto_topic_creator.h"

#include <algorithm>
#include <utility>

#include "base/logging.h"

namespace marquee::broker {

using kafka::kafka_error;

namespace {
constexpr std::int64_t poll_ms = 10;
}

auto_topic_creator::creation_pointer auto_topic_creator::start(const std::string& name) {
  const auto found = under_way_.find(name);
  if (found != under_way_.end()) return found->second;
  if (under_way_.size() >= under_way_most) return nullptr;
  auto one = std::make_shared<creation>();
  one->name = name;
  under_way_.emplace(name, one);
  loop_.spawn([this, one] { return run(one); });
  return one;
}

net::task<void> auto_topic_creator::run(std::shared_ptr<creation> one) {
  const topic_defaults& defaults = services_.defaults;
  const auto live = static_cast<std::int64_t>(services_.live_brokers().size());
  topic_wish wanted{
      .name = one->name,
      .partitions = static_cast<std::int32_t>(defaults.partitions),
      .replication_factor = static_cast<std::int32_t>(std::min(defaults.replication_factor, live))};
  const net::deadline end = net::deadline::in_ms(creation_timeout_ms);
  const manager_verdict verdict = co_await topics_.create(std::move(wanted), end, {});
  // Another broker, or somebody else, was quicker: that is as good.
  one->error = verdict.error == kafka_error::topic_already_exists ? kafka_error::none : verdict.error;
  if (one->error == kafka_error::none)
    log_info("broker", "topic {} was created because a client asked for it", escape_for_log(one->name));
  else
    log_warning("broker", "topic {} cannot be created for a client that asks for it: {}",
                escape_for_log(one->name), escape_for_log(verdict.message));
  one->ended = true;
  under_way_.erase(one->name);
}

net::task<> auto_topic_creator::wait(std::vector<creation_pointer> creations, net::deadline end,
                                     std::stop_token gone) const {
  const auto settled = [this](const creation_pointer& one) {
    return (one->ended && one->error != kafka_error::none) || topics_.is_served(one->name);
  };
  while (!std::ranges::all_of(creations, settled) && !end.passed() && !gone.stop_requested())
    co_await net::sleep_ms(poll_ms);
}

}  // namespace marquee::broker
