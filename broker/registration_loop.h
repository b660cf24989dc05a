#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/process_stamp.h"
#include "base/result.h"
#include "base/types.h"
#include "base/uuid.h"
#include "broker/identity_store.h"
#include "broker/manager_client.h"
#include "broker/producer_id_reserve.h"

namespace marquee::broker {

/// What this broker tells write managers about itself.
struct broker_announcement {
  std::string host;
  std::uint16_t kafka_port = 0;
  std::uint16_t raft_port = 0;
  std::uint16_t http_port = 0;
  incarnation_id incarnation{};
  process_stamp process{};
  std::optional<broker_id> broker{};  ///< nothing before the first registration
  std::optional<uuid> cluster_id{};
  /// Of the metadata that this broker has; may be empty.
  std::function<std::int64_t()> metadata_version{};
  /// Since the start; for rates. May be empty.
  std::function<std::int64_t()> produced_records{};
  std::function<std::int64_t()> fetched_records{};
  /// Brokers whose Raft connection is up: how managers tell a dead broker from one that only they cannot
  /// reach. May be empty.
  std::function<std::vector<broker_id>()> connected_peers{};
  /// The broker stands aside for its disk. May be empty.
  std::function<bool()> disk_full{};
  bool stopping = false;  ///< a graceful stop has begun
};

/// What managers of every release accept, or all there is to say.
enum class announcement_detail : std::uint8_t { basic, full };

/// The body of POST /broker.
[[nodiscard]] std::string encode_announcement(const broker_announcement& what,
                                              announcement_detail detail = announcement_detail::full);
/// The identity in its answer. Errors: invalid_argument, conflict (another process runs as this broker, and
/// this one has to stop), refused (the manager's message, for example that this broker belongs to another
/// cluster).
[[nodiscard]] result<broker_identity> read_registration(const net::http_response& answer,
                                                        incarnation_id incarnation);

/// Registers with every configured write manager, again and again, which is also the broker's heartbeat
/// (DESIGN D16), and keeps the reserve of producer ids filled. Coroutines on the manager client's loop;
/// nothing that the broker does waits for them. Logs when a manager comes or goes, not each time. A manager
/// that refuses the form of a heartbeat (400) is of another release and gets the basic one until it was away.
class registration_loop {
 public:
  registration_loop(net::event_loop& loop, manager_client& managers, producer_id_reserve& producer_ids,
                    broker_announcement what, std::int64_t interval_ms);
  ~registration_loop();
  registration_loop(const registration_loop&) = delete;
  registration_loop& operator=(const registration_loop&) = delete;

  /// Blocks until a manager gave an identity, or `stop` is requested (cancelled), or one refused for good
  /// (refused, conflict). Before `start`; not from the loop.
  [[nodiscard]] result<broker_identity> obtain_identity(const std::function<bool()>& stop);
  /// From now on as this. `must_stop` is called on the loop when a manager says that another process runs as
  /// this broker.
  void start(const broker_announcement& what, std::function<void(const error&)> must_stop);
  /// Tells every manager at once, and with each heartbeat until `stop`, that a graceful stop has begun: no
  /// placements, no leadership for this broker. From any thread; returns at once.
  void announce_stopping();
  void stop();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace marquee::broker
