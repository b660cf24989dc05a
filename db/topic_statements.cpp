#include <pqxx/result>
#include <pqxx/transaction>
#include <unordered_map>

#include "db/row_codec.h"
#include "db/statements.h"

namespace marquee::db::statements {

namespace {

constexpr const char* topic_columns =
    "topic_id::text, name, config::text, routing_epoch, internal, created_ms, coalesce(deleted_ms, 0), "
    "version";

topic_row topic_from(const pqxx::row& row) {
  topic_row topic;
  topic.topic_id = uuid::parse(row[0].as<std::string>()).value_or(uuid{});
  topic.name = row[1].as<std::string>();
  topic.config = config_from_json(row[2].as<std::string>());
  topic.routing_epoch = row[3].as<std::int32_t>();
  topic.internal = row[4].as<bool>();
  topic.created_ms = row[5].as<std::int64_t>();
  topic.deleted_ms = row[6].as<std::int64_t>();
  topic.version = row[7].as<metadata_version>();
  return topic;
}

template <class Transaction>
std::vector<partition_row> partitions_of(Transaction& transaction, const uuid& topic_id) {
  std::vector<partition_row> partitions;
  for (const auto& row : transaction.exec_params(
           "SELECT partition, voters::text FROM partitions WHERE topic_id = $1::uuid ORDER BY partition",
           to_string(topic_id)))
    partitions.push_back({partition_id(row[0].template as<std::int32_t>()),
                          voters_from_json(row[1].template as<std::string>())});
  return partitions;
}

using read_transaction = pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>;

void read_topics(read_transaction& transaction, metadata_changes& changes) {
  std::unordered_map<uuid, std::size_t> places;
  for (const auto& row : transaction.exec_params(
           std::string("SELECT ") + topic_columns + " FROM topics WHERE version > $1 ORDER BY version",
           changes.above)) {
    changes.topics.push_back(topic_from(row));
    places.emplace(changes.topics.back().topic_id, changes.topics.size() - 1);
  }
  if (changes.topics.empty()) return;
  for (const auto& row : transaction.exec_params(
           "SELECT topic_id::text, partition, voters::text FROM partitions WHERE topic_id IN "
           "(SELECT topic_id FROM topics WHERE version > $1 AND deleted_ms IS NULL) ORDER BY topic_id, "
           "partition",
           changes.above)) {
    const auto place = places.find(uuid::parse(row[0].as<std::string>()).value_or(uuid{}));
    if (place == places.end()) continue;
    changes.topics[place->second].partitions.push_back(
        {partition_id(row[1].as<std::int32_t>()), voters_from_json(row[2].as<std::string>())});
  }
}

void read_brokers(read_transaction& transaction, metadata_changes& changes) {
  for (const auto& row : transaction.exec_params("SELECT broker_id, incarnation, boot, host, kafka_port, "
                                                 "raft_port, http_port, rack, release, version, "
                                                 "coalesce(evicted_ms, 0), coalesce(removed_ms, 0) "
                                                 "FROM brokers WHERE version > $1 ORDER BY broker_id",
                                                 changes.above))
    changes.brokers.push_back({.id = broker_id(row[0].as<std::int32_t>()),
                               .incarnation = incarnation_id(row[1].as<std::int64_t>()),
                               .boot = boot_count(row[2].as<std::int64_t>()),
                               .host = row[3].as<std::string>(),
                               .kafka_port = static_cast<std::uint16_t>(row[4].as<int>()),
                               .raft_port = static_cast<std::uint16_t>(row[5].as<int>()),
                               .http_port = static_cast<std::uint16_t>(row[6].as<int>()),
                               .rack = row[7].as<std::string>(),
                               .release = row[8].as<std::string>(),
                               .evicted_ms = row[10].as<std::int64_t>(),
                               .removed_ms = row[11].as<std::int64_t>(),
                               .version = row[9].as<metadata_version>()});
}

}  // namespace

result<metadata_changes> read_changes(pqxx::connection& connection, metadata_version above) {
  read_transaction transaction(connection);
  metadata_changes changes;
  changes.above = above;
  const auto cluster = transaction.exec1("SELECT cluster_id::text, encode(id_key, 'hex') FROM cluster");
  changes.cluster.cluster_id = uuid::parse(cluster[0].as<std::string>()).value_or(uuid{});
  const auto key = cluster[1].as<std::string>();
  for (std::size_t i = 0; i + 1 < key.size(); i += 2)
    changes.cluster.id_key.push_back(static_cast<std::uint8_t>(std::stoi(key.substr(i, 2), nullptr, 16)));
  const auto state = transaction.exec1("SELECT version, history::text FROM metadata_version");
  changes.version = state[0].as<metadata_version>();
  changes.history = uuid::parse(state[1].as<std::string>()).value_or(uuid{});
  if (changes.version <= above) return changes;
  read_topics(transaction, changes);
  read_brokers(transaction, changes);
  for (const auto& row : transaction.exec_params(
           "SELECT number FROM producers WHERE version > $1 AND deleted_ms IS NOT NULL", above))
    changes.deleted_producers.push_back(row[0].as<std::int64_t>());
  for (const auto& row : transaction.exec_params(
           "SELECT number FROM consumers WHERE version > $1 AND deleted_ms IS NOT NULL", above))
    changes.deleted_consumers.push_back(row[0].as<std::int64_t>());
  return changes;
}

result<metadata_version> note_restored(pqxx::connection& connection, metadata_version known) {
  pqxx::work transaction(connection);
  const auto version =
      transaction.exec_params1("SELECT marquee_restored($1)", known)[0].as<metadata_version>();
  transaction.commit();
  return version;
}

result<topic_row> create_topic(pqxx::connection& connection, const new_topic& request) {
  pqxx::work transaction(connection);
  const metadata_version version = raise_version(transaction);
  const auto taken =
      transaction.exec_params("SELECT 1 FROM topics WHERE name = $1 AND deleted_ms IS NULL", request.name);
  if (!taken.empty()) return fail(error_code::already_exists, "topic '" + request.name + "' exists");
  const auto row = transaction.exec_params1(
      std::string("INSERT INTO topics (topic_id, name, config, internal, created_ms, version) "
                  "VALUES ($1::uuid, $2, $3::jsonb, $4, marquee_now_ms(), $5) RETURNING ") +
          topic_columns,
      to_string(request.topic_id), request.name, config_to_json(request.config), request.internal, version);
  topic_row topic = topic_from(row);
  topic.partitions = request.partitions;
  for (const partition_row& partition : request.partitions)
    transaction.exec_params(
        "INSERT INTO partitions (topic_id, partition, voters, version) VALUES ($1::uuid, $2, $3::jsonb, $4)",
        to_string(request.topic_id), partition.partition.value(), voters_to_json(partition.voters), version);
  transaction.commit();
  return topic;
}

result<metadata_version> delete_topic(pqxx::connection& connection, const uuid& topic_id) {
  pqxx::work transaction(connection);
  const metadata_version version = raise_version(transaction);
  const auto done = transaction.exec_params(
      "UPDATE topics SET deleted_ms = marquee_now_ms(), version = $2 WHERE topic_id = $1::uuid AND "
      "deleted_ms IS NULL",
      to_string(topic_id), version);
  if (done.affected_rows() == 0)
    return fail(error_code::not_found, "no live topic has the id " + to_string(topic_id));
  transaction.commit();
  return version;
}

result<topic_row> change_topic_config(pqxx::connection& connection, const uuid& topic_id,
                                      const std::map<std::string, std::string>& changes) {
  pqxx::work transaction(connection);
  const metadata_version version = raise_version(transaction);
  const auto found = transaction.exec_params(
      "SELECT config::text FROM topics WHERE topic_id = $1::uuid AND deleted_ms IS NULL",
      to_string(topic_id));
  if (found.empty()) return fail(error_code::not_found, "no live topic has the id " + to_string(topic_id));
  text_map config = config_from_json(found[0][0].as<std::string>());
  for (const auto& [name, value] : changes) {
    if (value.empty())
      config.erase(name);
    else
      config[name] = value;
  }
  topic_row topic = topic_from(transaction.exec_params1(
      std::string("UPDATE topics SET config = $2::jsonb, version = $3 WHERE topic_id = $1::uuid RETURNING ") +
          topic_columns,
      to_string(topic_id), config_to_json(config), version));
  topic.partitions = partitions_of(transaction, topic_id);
  transaction.commit();
  return topic;
}

}  // namespace marquee::db::statements
