#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "kafka/api/metadata.h"
#include "kafka/client_connection.h"
#include "kafka/leader_table.h"
#include "net/endpoint.h"
#include "net/task.h"

namespace marquee::kafka {

struct broker_address {
  broker_id id;
  net::endpoint kafka;

  bool operator==(const broker_address&) const = default;
};

/// How a call uses connections. Answers of one connection come in order, so what may wait at the broker (for
/// a quorum, for records) must not stand in front of what does not.
enum class lane : std::uint8_t {
  shared,    ///< a pipelined connection that all calls of this kind share: Produce, and Fetch that does not
             ///< wait
  control,   ///< a second such connection, for metadata and positions
  exclusive  ///< a connection of its own from a bounded pool: long polls, and questions behind a read barrier
};

struct cluster_client_options {
  client_connection_options connection;
  std::size_t max_exclusive_per_broker = 128;
  std::int64_t metadata_timeout_ms = 1'000;
  /// A broker that owes answers is asked every `probe_every_ms` whether it is there; one that says nothing at
  /// all for `silence_ms` hangs or is cut off: what was sent to it fails, and nothing is sent until it
  /// answers again.
  std::int64_t probe_every_ms = 250;
  std::int64_t silence_ms = 750;
};

/// What brokers say about a topic.
struct topic_picture {
  std::string name;
  uuid topic_id;
  std::int32_t partition_count = 0;
};

/// The brokers of a cluster as one peer: connections by broker, who leads what, and metadata when that is in
/// doubt. Belongs to one loop; each loop that talks to brokers has its own. It does not retry calls: see
/// `retry_delay` and DESIGN D21 for who does. A call to a broker that does not answer anybody ends soon, long
/// before its deadline, with `unavailable`.
class cluster_client {
 public:
  cluster_client(net::event_loop& loop, cluster_client_options options);
  ~cluster_client();
  cluster_client(const cluster_client&) = delete;
  cluster_client& operator=(const cluster_client&) = delete;

  /// The brokers as the metadata store knows them; replaces what was given before. Addresses that brokers
  /// tell are kept too.
  void set_bootstrap(std::vector<broker_address> brokers);
  [[nodiscard]] std::vector<broker_address> brokers() const;

  /// News from the brokers' leader feed. An empty `leader`: the partition has none in that term.
  void note_leader(const group_id& partition, term_number term, std::optional<broker_id> leader);
  /// A broker answered NOT_LEADER for the partition, or did not answer at all. With its hint, if it gave one.
  void note_not_leader(const group_id& partition, broker_id broker,
                       std::optional<broker_id> hinted_leader = std::nullopt, std::int32_t hinted_epoch = -1);
  /// As far as is known now.
  [[nodiscard]] std::optional<broker_id> known_leader(const group_id& partition) const;

  /// The leader of a partition; asks brokers for metadata (one question at a time, shared by all who ask)
  /// when it is not known. Errors: unavailable (no leader now, or no broker answers), not_found (no broker
  /// knows the topic or partition), timed_out.
  [[nodiscard]] net::task<result<broker_id>> leader_of(std::string topic, group_id partition,
                                                       net::deadline end);
  /// What brokers say about a topic, from memory where it is known. Errors as leader_of.
  [[nodiscard]] net::task<result<topic_picture>> describe_topic(std::string topic, net::deadline end);
  /// Asks some live broker about the topic; concurrent calls for the same topic share one question.
  [[nodiscard]] net::task<result<>> refresh_topic(std::string topic, net::deadline end);

  /// One request to one broker. An address that is not known is not_found.
  template <class Request>
  [[nodiscard]] net::task<call_outcome<typename Request::response>> call(
      broker_id broker, Request request, net::deadline end, lane way = lane::shared,
      std::int16_t version = Request::max_version) {
    using response = typename Request::response;
    const std::shared_ptr<state> held_state = state_;
    result<std::shared_ptr<client_connection>> connection = co_await take(held_state, broker, way, end);
    if (!connection) co_return call_outcome<response>{fail(connection), delivery::not_sent};
    const std::shared_ptr<client_connection> held = *connection;
    call_outcome<response> outcome = co_await held->call(std::move(request), version, end);
    give_back(held_state, broker, way, held);
    co_return outcome;
  }

  /// False while a broker that should have answered does not.
  [[nodiscard]] bool answers(broker_id broker) const;

  /// Closes every connection; calls under way fail.
  void close();

 private:
  struct state;

  // Static: the client may be gone when a call that is under way ends.
  [[nodiscard]] static net::task<result<std::shared_ptr<client_connection>>> take(std::shared_ptr<state> held,
                                                                                  broker_id broker, lane way,
                                                                                  net::deadline end);
  static void give_back(const std::shared_ptr<state>& held, broker_id broker, lane way,
                        const std::shared_ptr<client_connection>& connection);

  std::shared_ptr<state> state_;
};

/// How long to wait before the `attempt`-th repetition (from 1): 5 ms doubling up to 200 ms, so that a
/// failover of tens of milliseconds is met early and a longer outage does not become a storm.
[[nodiscard]] std::int64_t retry_delay_ms(int attempt);

}  // namespace marquee::kafka
