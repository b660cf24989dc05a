#include <pqxx/result>
#include <pqxx/transaction>

#include "db/row_codec.h"
#include "db/statements.h"

namespace marquee::db::statements {

namespace {

std::int64_t next_producer_ids(pqxx::work& transaction, std::int64_t count) {
  return transaction.exec_params1("UPDATE producer_ids SET next = next + $1 RETURNING next - $1", count)[0]
      .as<std::int64_t>();
}

bool topic_lives(pqxx::work& transaction, const uuid& topic_id) {
  return !transaction
              .exec_params("SELECT 1 FROM topics WHERE topic_id = $1::uuid AND deleted_ms IS NULL",
                           to_string(topic_id))
              .empty();
}

/// `table` is one of ours, never input.
result<removal> delete_client(pqxx::connection& connection, const std::string& table, std::int64_t number) {
  pqxx::work transaction(connection);
  const metadata_version version = raise_version(transaction);
  const auto found =
      transaction.exec_params("SELECT deleted_ms IS NOT NULL FROM " + table + " WHERE number = $1", number);
  if (found.empty()) return removal::unknown;
  if (found[0][0].as<bool>()) return removal::already_removed;
  transaction.exec_params(
      "UPDATE " + table + " SET deleted_ms = marquee_now_ms(), version = $2 WHERE number = $1", number,
      version);
  // table is "producers" or "consumers"
  transaction.exec_params(
      "DELETE FROM activity WHERE number = $1 AND (kind = 'producer') = ($2 = 'producers') AND kind <> "
      "'broker'",
      number, table);
  transaction.commit();
  return removal::removed;
}

}  // namespace

result<std::int64_t> take_producer_ids(pqxx::connection& connection, std::int64_t count) {
  pqxx::work transaction(connection);
  const std::int64_t first = next_producer_ids(transaction, count);
  transaction.commit();
  return first;
}

result<std::int64_t> register_producer(pqxx::connection& connection, const uuid& topic_id) {
  pqxx::work transaction(connection);
  const metadata_version version = raise_version(transaction);
  if (!topic_lives(transaction, topic_id))
    return fail(error_code::not_found, "the topic does not exist any more");
  const std::int64_t number = next_producer_ids(transaction, 1);
  transaction.exec_params(
      "INSERT INTO producers (number, topic_id, created_ms, version) VALUES ($1, $2::uuid, marquee_now_ms(), "
      "$3)",
      number, to_string(topic_id), version);
  transaction.commit();
  return number;
}

result<removal> delete_producer(pqxx::connection& connection, std::int64_t number) {
  return delete_client(connection, "producers", number);
}

result<std::int64_t> register_consumer(pqxx::connection& connection, const consumer_row& consumer) {
  pqxx::work transaction(connection);
  const metadata_version version = raise_version(transaction);
  if (!topic_lives(transaction, consumer.topic_id))
    return fail(error_code::not_found, "the topic does not exist any more");
  const auto number = transaction
                          .exec_params1(
                              "INSERT INTO consumers (topic_id, consumer_group, start_from, start_positions, "
                              "created_ms, version) "
                              "VALUES ($1::uuid, $2, $3, $4::jsonb, marquee_now_ms(), $5) RETURNING number",
                              to_string(consumer.topic_id), consumer.group,
                              consumer.from == start_from::latest ? "latest" : "earliest",
                              positions_to_json(consumer.start_positions), version)[0]
                          .as<std::int64_t>();
  transaction.commit();
  return number;
}

result<removal> delete_consumer(pqxx::connection& connection, std::int64_t number) {
  return delete_client(connection, "consumers", number);
}

result<consumer_row> find_consumer(pqxx::connection& connection, std::int64_t number) {
  pqxx::work transaction(connection);
  const auto found = transaction.exec_params(
      "SELECT topic_id::text, consumer_group, start_from, start_positions::text, created_ms, "
      "coalesce(deleted_ms, 0) "
      "FROM consumers WHERE number = $1",
      number);
  if (found.empty())
    return fail(error_code::not_found, "no consumer has the number " + std::to_string(number));
  return consumer_row{
      .number = number,
      .topic_id = uuid::parse(found[0][0].as<std::string>()).value_or(uuid{}),
      .group = found[0][1].as<std::string>(),
      .from = found[0][2].as<std::string>() == "latest" ? start_from::latest : start_from::earliest,
      .start_positions = positions_from_json(found[0][3].as<std::string>()),
      .created_ms = found[0][4].as<std::int64_t>(),
      .deleted_ms = found[0][5].as<std::int64_t>()};
}

result<> write_activity(pqxx::connection& connection, const std::vector<activity_item>& items) {
  pqxx::work transaction(connection);
  transaction.exec_params(
      "INSERT INTO activity (kind, number, topic_id, last_seen_ms, written_ms) "
      "SELECT kind, number, topic_id, last_seen_ms, marquee_now_ms() FROM jsonb_to_recordset($1::jsonb) "
      "AS heard (kind text, number bigint, topic_id uuid, last_seen_ms bigint) "
      "ON CONFLICT (kind, number) DO UPDATE SET "
      "last_seen_ms = greatest(activity.last_seen_ms, excluded.last_seen_ms), written_ms = "
      "excluded.written_ms",
      activity_to_json(items));
  transaction.commit();
  return {};
}

result<activity_rows> read_activity(pqxx::connection& connection, std::int64_t written_after_ms,
                                    std::int64_t most) {
  pqxx::work transaction(connection);
  activity_rows read;
  for (const auto& row : transaction.exec_params(
           "SELECT kind, number, coalesce(topic_id::text, ''), last_seen_ms, written_ms FROM activity "
           "WHERE written_ms > $1 ORDER BY written_ms LIMIT $2",
           written_after_ms, most)) {
    const auto kind = activity_kind_of(row[0].as<std::string>());
    if (!kind) continue;
    read.items.push_back({.key = {*kind, row[1].as<std::int64_t>()},
                          .topic_id = uuid::parse(row[2].as<std::string>()).value_or(uuid{}),
                          .last_seen_ms = row[3].as<std::int64_t>()});
    read.written_ms = row[4].as<std::int64_t>();
  }
  return read;
}

}  // namespace marquee::db::statements
