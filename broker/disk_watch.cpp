#include "broker/disk_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/logging.h"

namespace marquee::broker {

namespace {
constexpr std::int64_t period_ms = 1000;
}  // namespace

disk_watch::disk_watch(net::event_loop& loop, const file_system& files, metrics_registry& metrics,
                       std::string data_dir, std::int64_t reserve_bytes, std::function<result<>()> log_space,
                       std::function<void(bool low)> changed)
    : loop_(loop),
      files_(files),
      free_(metrics.gauge("marquee_broker_disk_free_bytes", "Free on the disk of the data directory.")),
      low_gauge_(metrics.gauge("marquee_broker_disk_low",
                               "1 while less is free than disk.reserve_bytes, or the log met a full disk: "
                               "the broker steps aside.")),
      data_dir_(std::move(data_dir)),
      reserve_bytes_(reserve_bytes),
      log_space_(std::move(log_space)),
      changed_(std::move(changed)) {}

void disk_watch::start() {
  loop_.post_after_ms(period_ms, [this] {
    check();
    start();
  });
}

void disk_watch::check() {
  const auto free = files_.free_bytes(data_dir_);
  if (!free) return log_warning("broker", "{}: {}", data_dir_, free.error().message);
  const auto free_bytes =
      static_cast<std::int64_t>(std::min<std::uint64_t>(*free, std::numeric_limits<std::int64_t>::max()));
  const bool log_has_space = log_space_().has_value();
  bool aside = false;
  bool was_aside = false;
  {
    const std::lock_guard guard(mutex_);
    free_bytes_ = free_bytes;
    low_ = free_bytes < (low_ ? reserve_bytes_ + reserve_bytes_ / 4 : reserve_bytes_);
    was_aside = std::exchange(aside_, low_ || !log_has_space);
    aside = aside_;
  }
  free_.set(free_bytes);
  low_gauge_.set(aside ? 1 : 0);
  if (aside == was_aside) return;
  if (aside)
    log_error("broker", "{}", state().error().message);
  else
    log_info("broker", "{} bytes are free for {} again: this broker takes records and leads again",
             free_bytes, data_dir_);
  changed_(aside);
}

result<> disk_watch::state() const {
  const std::lock_guard guard(mutex_);
  if (!aside_) return {};
  return fail(
      error_code::no_space,
      fmt::format(
          "the disk of {} is {} ({} bytes are free, disk.reserve_bytes is {}): this broker hands over "
          "what it leads and takes no records until there is more. Free space there, shorten the "
          "retention of large topics, or move the folder to a larger disk",
          data_dir_, low_ ? "nearly full" : "full, its log cannot grow", free_bytes_, reserve_bytes_));
}

}  // namespace marquee::broker
