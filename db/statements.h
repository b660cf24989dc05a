#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "db/database_connection.h"
#include "db/metadata_store.h"

/// The transactions behind `metadata_store`, one function each. They block, throw as pqxx does, and know
/// nothing of threads. Only .cpp files of db/ include this: it brings libpqxx in.
namespace marquee::db::statements {

/// Locks the version row until the end of the transaction, so that metadata changes happen one after the
/// other, raises it and tells everybody who listens.
template <class Transaction>
metadata_version raise_version(Transaction& transaction) {
  const auto version =
      transaction.exec1("UPDATE metadata_version SET version = version + 1 RETURNING version")[0]
          .template as<metadata_version>();
  transaction.exec("SELECT pg_notify('marquee_metadata', '" + std::to_string(version) + "')");
  return version;
}

result<metadata_changes> read_changes(pqxx::connection& connection, metadata_version above);
/// Somebody remembers a higher version than the database has: raises version and counters above everything
/// that was given out. The version it has then.
result<metadata_version> note_restored(pqxx::connection& connection, metadata_version known);
result<topic_row> create_topic(pqxx::connection& connection, const new_topic& request);
result<metadata_version> delete_topic(pqxx::connection& connection, const uuid& topic_id);
result<topic_row> change_topic_config(pqxx::connection& connection, const uuid& topic_id,
                                      const std::map<std::string, std::string>& changes);
result<registered_broker> register_broker(pqxx::connection& connection, const broker_registration& wanted);
result<broker_load> remove_broker(pqxx::connection& connection, broker_id broker);
result<broker_row> set_eviction(pqxx::connection& connection, const eviction_order& order,
                                const controller_office& office);
result<std::int64_t> take_producer_ids(pqxx::connection& connection, std::int64_t count);
result<std::int64_t> register_producer(pqxx::connection& connection, const uuid& topic_id);
result<removal> delete_producer(pqxx::connection& connection, std::int64_t number);
result<std::int64_t> register_consumer(pqxx::connection& connection, const consumer_row& consumer);
result<removal> delete_consumer(pqxx::connection& connection, std::int64_t number);
result<consumer_row> find_consumer(pqxx::connection& connection, std::int64_t number);
result<controller_office> read_office(pqxx::connection& connection);
result<> report_process(pqxx::connection& connection, const process_row& process);
result<> write_activity(pqxx::connection& connection, const std::vector<activity_item>& items);
result<activity_rows> read_activity(pqxx::connection& connection, std::int64_t written_after_ms,
                                    std::int64_t most);
result<std::vector<process_row>> list_processes(pqxx::connection& connection);

}  // namespace marquee::db::statements
