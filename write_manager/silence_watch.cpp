#include "write_manager/silence_watch.h"

#include <utility>

#include "base/logging.h"
#include "write_manager/activity_handler.h"

namespace marquee::write_manager {

void silence_watch::look(bool is_controller) {
  constexpr std::size_t lines_most = 20;
  const std::int64_t now_ms = context_.time.wall_ms();
  std::vector<db::activity_item> silent =
      context_.activity.table().take_newly_silent(now_ms, context_.options.activity_silent_ms);
  // Brokers have states of their own.
  std::erase_if(silent,
                [](const db::activity_item& item) { return item.key.kind == db::activity_kind::broker; });
  const bool first = !std::exchange(looked_before_, true);
  if (!is_controller || silent.empty()) return;
  if (first) {
    log_info("health", "{} producers and consumers were silent already when this manager started",
             silent.size());
    return;
  }
  for (std::size_t i = 0; i < silent.size() && i < lines_most; ++i) {
    const auto topic = context_.cache.snapshot()->find_topic(silent[i].topic_id);
    log_info("health", "{} {} of topic {} has been silent for {} ms", db::to_string(silent[i].key.kind),
             shown_id(context_, silent[i]), topic ? topic->name : "?", now_ms - silent[i].last_seen_ms);
  }
  if (silent.size() > lines_most)
    log_info("health", "{} more producers and consumers have become silent", silent.size() - lines_most);
}

}  // namespace marquee::write_manager
