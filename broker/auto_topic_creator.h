#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/topic_client.h"
#include "net/event_loop.h"

namespace marquee::broker {

/// Makes topics that clients ask for by name, with the broker's defaults. At most `under_way_most` creations
/// run at once; a name that is being created is not asked for again. A creation goes on when nobody waits for
/// it any more.
///
/// Owned by the request dispatcher, on its loop; outlives the loop's coroutines.
class auto_topic_creator {
 public:
  static constexpr std::size_t under_way_most = 16;
  /// How long a write manager has for one creation.
  static constexpr std::int64_t creation_timeout_ms = 10'000;

  /// One creation under way, or just ended.
  struct creation {
    std::string name;
    bool ended = false;
    kafka::kafka_error error = kafka::kafka_error::none;
  };
  using creation_pointer = std::shared_ptr<const creation>;

  auto_topic_creator(net::event_loop& loop, broker_services& services)
      : loop_(loop), services_(services), topics_(services) {}

  /// Null if too many creations are under way.
  [[nodiscard]] creation_pointer start(const std::string& name);
  /// Until each is served here, has failed, or the time is up.
  [[nodiscard]] net::task<> wait(std::vector<creation_pointer> creations, net::deadline end,
                                 std::stop_token gone) const;

 private:
  net::task<void> run(std::shared_ptr<creation> one);

  net::event_loop& loop_;
  broker_services& services_;
  topic_client topics_;
  std::map<std::string, std::shared_ptr<creation>> under_way_;
};

}  // namespace marquee::broker
