#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "db/activity_log.h"
#include "db/manager_directory.h"
#include "db/metadata_cache.h"
#include "db/metadata_follower.h"
#include "db/metadata_store.h"
#include "kafka/cluster_client.h"
#include "net/access_policy.h"
#include "net/api_error.h"
#include "net/http_exchange.h"
#include "read_manager/consumer_committer.h"
#include "read_manager/consumer_fetcher.h"
#include "read_manager/consumer_router.h"
#include "read_manager/consumer_table.h"
#include "read_manager/offset_client.h"
#include "read_manager/position_client.h"
#include "read_manager/read_manager_options.h"

namespace marquee::read_manager {

/// What every handler of a read manager needs. Owned by the process, used on its one loop; the references
/// outlive the server.
struct services {
  const read_manager_options& options;
  std::string component;  ///< "read_manager/<name>"
  net::event_loop& loop;
  const net::cluster_secret& secret;
  db::metadata_store& store;
  db::metadata_cache& cache;
  db::metadata_follower& follower;
  kafka::cluster_client& cluster;
  position_client& positions;
  offset_client& offsets;
  consumer_fetcher& fetcher;
  consumer_committer& committer;
  consumer_table& table;
  consumer_router& router;
  request_forwarder& forwarder;
  const db::manager_directory& managers;
  db::activity_log& activity;
  metric_counter& messages_consumed;
  metric_counter& bytes_consumed;
  const clock& time;
  net::access_policy access{};

  /// The earlier of the caller's patience (a little less: the answer must still get there) and `limit_ms`
  /// from now.
  [[nodiscard]] static net::deadline end_of(const net::http_exchange& exchange, std::int64_t limit_ms);
  /// When what needs PostgreSQL is given up.
  [[nodiscard]] net::deadline metadata_end(net::deadline end) const;
  /// Allowed, or the 403 to answer with.
  [[nodiscard]] std::optional<net::api_error> refuse(const net::http_exchange& exchange, net::operation what,
                                                     net::resource_kind kind, std::string_view name) const;
};

/// A live topic that clients may see, by name; what is not in the cache is asked for once before it is said
/// not to exist. Errors: topic_not_found, metadata_unavailable.
[[nodiscard]] net::task<std::expected<db::topic_pointer, net::api_error>> find_topic(services& all,
                                                                                     std::string name,
                                                                                     net::deadline end);

/// A consumer by its opaque id, which is checked without asking anybody. Where `topic` is given it must be
/// the consumer's. Errors: consumer_not_found, consumer_not_registered, topic_not_found (deleted since),
/// metadata_unavailable, groups_not_implemented.
[[nodiscard]] net::task<std::expected<consumer_reference, net::api_error>> find_consumer(
    services& all, std::string consumer_id, std::optional<std::string> topic, net::deadline end);

/// Who asks for what, of which consumer.
struct consumer_call {
  std::string consumer_id;
  std::optional<std::string> topic = std::nullopt;  ///< must be the consumer's, where it is given
  net::operation what = net::operation::consume;
};
/// Does the work at a consumer that is owned here; nothing if the consumer was lost meanwhile.
using owned_work = std::function<net::task<std::optional<net::http_response>>(consumer_pointer)>;

/// What every route of a consumer does: asks `access_policy`, finds the consumer, and has `work` done here if
/// this manager owns it, or the request answered by its owner. A consumer that is taken over while its
/// request waits is followed to its new owner until `end`; then `too_late` is the answer.
[[nodiscard]] net::task<net::http_response> serve_owned(services& all, net::http_exchange& exchange,
                                                        consumer_call call, net::deadline end,
                                                        owned_work work, net::api_error too_late);

/// A request has come for the consumer.
void note_use(services& all, owned_consumer& consumer);
/// Tells the consumer's session how many partitions its topic has now.
void refresh_partitions(services& all, owned_consumer& consumer);

/// Keeps other requests of the consumer out while one is served and its answer written. Copies share it; the
/// last one opens.
class consumer_turn {
 public:
  /// Waits for the turn. Empty when the deadline passed (see `busy`), or the consumer was lost meanwhile.
  [[nodiscard]] static net::task<std::optional<consumer_turn>> take(consumer_pointer consumer,
                                                                    net::deadline end);
  /// The answer to a request that had no turn until its deadline.
  [[nodiscard]] static net::http_response busy(const services& all);

 private:
  explicit consumer_turn(std::shared_ptr<void> guard) : guard_(std::move(guard)) {}
  std::shared_ptr<void> guard_;
};

}  // namespace marquee::read_manager
