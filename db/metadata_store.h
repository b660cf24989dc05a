#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "db/activity_table.h"
#include "db/metadata_rows.h"
#include "net/deadline.h"
#include "net/task.h"

namespace marquee::db {

class database_pool;
class database_status;

struct metadata_store_options {
  /// libpq's connection text or URL, such as "postgresql://marquee@127.0.0.1:15432/marquee".
  std::string url{};
  std::int64_t threads = 2;
  std::int64_t queue_limit = 512;  ///< calls that wait for a thread; beyond it: overloaded
  std::int64_t connect_timeout_ms = 2'000;
  /// A statement that takes longer is given up, and its connection with it: a server that is frozen costs
  /// this much.
  std::int64_t statement_timeout_ms = 5'000;
  database_status* status = nullptr;  ///< told how the server does; may be null, else outlives the store
};

struct new_topic {
  uuid topic_id{};
  std::string name{};
  std::map<std::string, std::string> config{};
  bool internal = false;
  std::vector<partition_row> partitions{};
};

struct broker_registration {
  broker_id id{};                ///< 0: the broker does not know it yet
  incarnation_id incarnation{};  ///< 0: not known
  boot_count boot{};
  std::string host{};
  std::uint16_t kafka_port = 0;
  std::uint16_t raft_port = 0;
  std::uint16_t http_port = 0;
  std::string rack{};
  std::string release{};
};

struct registered_broker {
  broker_row broker;
  bool created = false;
};

/// What live topics have on a broker.
struct broker_load {
  std::int64_t replicas = 0;
  std::int64_t topics = 0;
};

/// A broker, as it was when the controller decided, is to count as evicted or no longer to.
struct eviction_order {
  broker_id broker{};
  boot_count boot{};
  bool evicted = true;
};

/// What managers wrote about who was last seen when.
struct activity_rows {
  std::vector<activity_item> items{};
  std::int64_t written_ms = 0;  ///< of the newest, by PostgreSQL's clock; 0: none
};

/// What became of a deletion.
enum class removal : std::uint8_t { removed, already_removed, unknown };

/// Metadata in PostgreSQL (DESIGN D15): each function is one transaction on one of the store's own threads,
/// awaited by coroutines of any loop. Owned by the process. Thread-safe.
///
/// When PostgreSQL cannot be reached, or refuses for now (read-only, out of disk), every function fails with
/// `unavailable`, at the latest at its deadline: nothing was changed. `timed_out`: the answer to a commit is
/// missing, so the change may have been made. `overloaded`: too many calls wait. The threads connect again by
/// themselves.
class metadata_store {
 public:
  explicit metadata_store(metadata_store_options options);
  ~metadata_store();
  metadata_store(const metadata_store&) = delete;
  metadata_store& operator=(const metadata_store&) = delete;

  /// Brings the schema up to date; one process at a time.
  [[nodiscard]] net::task<result<>> migrate(net::deadline end);
  /// Everything above that version, in one consistent view.
  [[nodiscard]] net::task<result<metadata_changes>> read_changes(metadata_version above, net::deadline end);

  /// Errors: already_exists.
  [[nodiscard]] net::task<result<topic_row>> create_topic(new_topic request, net::deadline end);
  /// Writes the tombstone. Errors: not_found.
  [[nodiscard]] net::task<result<metadata_version>> delete_topic(uuid topic_id, net::deadline end);
  /// Merges into the topic's configuration; an empty value removes a key. Errors: not_found.
  [[nodiscard]] net::task<result<topic_row>> change_topic_config(uuid topic_id,
                                                                 std::map<std::string, std::string> changes,
                                                                 net::deadline end);

  /// The same identity or address again gives the same id. Errors: conflict (an id that belongs to another
  /// address and incarnation, or a boot count below the known one).
  [[nodiscard]] net::task<result<registered_broker>> register_broker(broker_registration registration,
                                                                     net::deadline end);

  /// Takes a broker that has no replicas out of the cluster; its id stays its own, and it is taken back when
  /// it registers again. With replicas nothing is changed: they are what is returned. Errors: not_found.
  [[nodiscard]] net::task<result<broker_load>> remove_broker(broker_id broker, net::deadline end);

  /// Evicts a broker or takes it back. Errors: refused (`office` is not the newest any more), conflict
  /// (another boot, or the row says so already).
  [[nodiscard]] net::task<result<broker_row>> set_eviction(eviction_order order, controller_office office,
                                                           net::deadline end);

  /// Takes `count` producer ids that nobody else gets; the first of them.
  [[nodiscard]] net::task<result<std::int64_t>> take_producer_ids(std::int64_t count, net::deadline end);
  /// A new producer of a live topic; its number is its producer id. Errors: not_found (no such live topic).
  [[nodiscard]] net::task<result<std::int64_t>> register_producer(uuid topic_id, net::deadline end);
  [[nodiscard]] net::task<result<removal>> delete_producer(std::int64_t number, net::deadline end);

  /// A new consumer of a live topic (`number`, `created_ms`, `deleted_ms` are ignored); its number. Errors:
  /// not_found.
  [[nodiscard]] net::task<result<std::int64_t>> register_consumer(consumer_row consumer, net::deadline end);
  [[nodiscard]] net::task<result<removal>> delete_consumer(std::int64_t number, net::deadline end);
  /// Errors: not_found.
  [[nodiscard]] net::task<result<consumer_row>> find_consumer(std::int64_t number, net::deadline end);

  /// Says that a manager lives; `last_seen_ms` is set by PostgreSQL's clock.
  [[nodiscard]] net::task<result<>> report_process(process_row process, net::deadline end);
  /// Who took the office of controller last; epoch 0 and nobody at first.
  [[nodiscard]] net::task<result<controller_office>> read_office(net::deadline end);
  /// One statement; a time that is older than what is there changes nothing.
  [[nodiscard]] net::task<result<>> write_activity(std::vector<activity_item> items, net::deadline end);
  /// What was written after that, the oldest `most` of it.
  [[nodiscard]] net::task<result<activity_rows>> read_activity(std::int64_t written_after_ms,
                                                               std::int64_t most, net::deadline end);
  /// Managers seen within the last day.
  [[nodiscard]] net::task<result<std::vector<process_row>>> list_processes(net::deadline end);

 private:
  std::unique_ptr<database_pool> pool_;
};

}  // namespace marquee::db
