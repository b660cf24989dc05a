#include <pqxx/result>
#include <pqxx/transaction>

#include "db/statements.h"

namespace marquee::db::statements {

namespace {

broker_row wanted_row(const broker_registration& wanted) {
  return {.id = wanted.id,
          .incarnation = wanted.incarnation,
          .boot = wanted.boot,
          .host = wanted.host,
          .kafka_port = wanted.kafka_port,
          .raft_port = wanted.raft_port,
          .http_port = wanted.http_port,
          .rack = wanted.rack,
          .release = wanted.release};
}

broker_row row_of(const pqxx::row& row) {
  return {.id = broker_id(row[0].as<std::int32_t>()),
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
          .version = row[9].as<metadata_version>()};
}

/// By identity first, then by address: see D8 and http-api.md.
pqxx::result find_known(pqxx::work& transaction, const broker_registration& wanted) {
  const std::string select =
      "SELECT broker_id, incarnation, boot, host, kafka_port, raft_port, http_port, rack, release, version, "
      "coalesce(evicted_ms, 0), coalesce(removed_ms, 0) FROM brokers ";
  if (wanted.id.value() != 0)
    return transaction.exec_params(select + "WHERE broker_id = $1", wanted.id.value());
  if (wanted.incarnation.value() != 0) {
    pqxx::result by_disk =
        transaction.exec_params(select + "WHERE incarnation = $1", wanted.incarnation.value());
    if (!by_disk.empty()) return by_disk;
  }
  // The address of a broker that was removed is free for another one.
  return transaction.exec_params(select +
                                     "WHERE host = $1 AND kafka_port = $2 AND (removed_ms IS NULL OR "
                                     "incarnation = 0) ORDER BY removed_ms IS NOT NULL, broker_id",
                                 wanted.host, static_cast<int>(wanted.kafka_port));
}

/// The first free id above those of brokers that registered themselves; so neither an id that a person
/// announced, however large, uses up the others, nor does a new broker take the id of one that a restored
/// backup forgot.
broker_id free_broker_id(pqxx::work& transaction) {
  const auto row = transaction.exec1(
      "WITH used AS (SELECT coalesce(max(broker_id), 0) AS highest FROM brokers WHERE incarnation <> 0), "
      "free AS (SELECT broker_id + 1 AS id FROM brokers UNION SELECT 1 UNION SELECT highest + 1 FROM used) "
      "SELECT id FROM free, used WHERE id < 1073741824 AND id NOT IN (SELECT broker_id FROM brokers) "
      "ORDER BY id > highest DESC, id LIMIT 1");
  return broker_id(row[0].as<std::int32_t>());
}

/// With an id in `wanted`, that one: a person chose it, or the database forgot a broker that has its id on
/// disk (a restored backup).
broker_row insert_broker(pqxx::work& transaction, const broker_registration& wanted) {
  broker_row row = wanted_row(wanted);
  if (row.id.value() == 0) row.id = free_broker_id(transaction);
  row.version = raise_version(transaction);
  transaction.exec_params(
      "INSERT INTO brokers (broker_id, incarnation, boot, host, kafka_port, raft_port, http_port, rack, "
      "release, registered_ms, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, marquee_now_ms(), $10)",
      row.id.value(), row.incarnation.value(), row.boot.value(), row.host, static_cast<int>(row.kafka_port),
      static_cast<int>(row.raft_port), static_cast<int>(row.http_port), row.rack, row.release, row.version);
  return row;
}

result<> check_identity(const broker_row& known, const broker_registration& wanted) {
  const bool announced_only = wanted.incarnation.value() == 0;
  const bool same_address = known.host == wanted.host && known.kafka_port == wanted.kafka_port;
  if (announced_only && known.incarnation.value() != 0 && !same_address)
    return fail(error_code::conflict,
                "broker " + std::to_string(known.id.value()) + " has registered itself at " + known.host +
                    ":" + std::to_string(known.kafka_port) + "; only it can change its address");
  const bool both_have_disks = known.incarnation.value() != 0 && wanted.incarnation.value() != 0;
  if (wanted.id.value() != 0 && both_have_disks && known.incarnation != wanted.incarnation)
    return fail(error_code::conflict, "broker " + std::to_string(known.id.value()) +
                                          " is known with incarnation " +
                                          std::to_string(known.incarnation.value()) + ", not " +
                                          std::to_string(wanted.incarnation.value()));
  if (known.incarnation == wanted.incarnation && wanted.boot.value() != 0 && wanted.boot < known.boot)
    return fail(error_code::conflict, "broker " + std::to_string(known.id.value()) +
                                          " has been started again since (boot " +
                                          std::to_string(known.boot.value()) + "): this process, boot " +
                                          std::to_string(wanted.boot.value()) + ", must stop");
  return {};
}

}  // namespace

result<registered_broker> register_broker(pqxx::connection& connection, const broker_registration& wanted) {
  pqxx::work transaction(connection);
  // One registration after the other, or two brokers could both find no row.
  transaction.exec("SELECT version FROM metadata_version FOR UPDATE");
  const pqxx::result found = find_known(transaction, wanted);
  if (found.empty()) {
    registered_broker made{insert_broker(transaction, wanted), true};
    transaction.commit();
    return made;
  }
  const broker_row known = row_of(found[0]);
  if (result<> same = check_identity(known, wanted); !same) return fail(same);
  if (wanted.incarnation.value() == 0 && known.incarnation.value() != 0 && !known.removed())
    return registered_broker{known, false};
  broker_row next = wanted_row(wanted);
  next.id = known.id;
  // A person who announces a removed broker again does not say which disk it had.
  if (wanted.incarnation.value() == 0) {
    next.incarnation = known.incarnation;
    next.boot = known.boot;
  }
  if (next.http_port == 0) next.http_port = known.http_port;
  next.evicted_ms = known.removed() ? 0 : known.evicted_ms;
  next.version = known.version;
  const bool same = !known.removed() && next.incarnation == known.incarnation && next.boot == known.boot &&
                    next.host == known.host && next.kafka_port == known.kafka_port &&
                    next.raft_port == known.raft_port && next.http_port == known.http_port &&
                    next.rack == known.rack && next.release == known.release;
  if (same) return registered_broker{known, false};
  next.version = raise_version(transaction);
  transaction.exec_params(
      "UPDATE brokers SET incarnation = $2, boot = $3, host = $4, kafka_port = $5, raft_port = $6, http_port "
      "= $7, "
      "rack = $8, release = $9, version = $10, removed_ms = NULL, "
      "evicted_ms = CASE WHEN removed_ms IS NULL THEN evicted_ms END WHERE broker_id = $1",
      next.id.value(), next.incarnation.value(), next.boot.value(), next.host,
      static_cast<int>(next.kafka_port), static_cast<int>(next.raft_port), static_cast<int>(next.http_port),
      next.rack, next.release, next.version);
  transaction.commit();
  return registered_broker{next, known.removed()};
}

result<broker_load> remove_broker(pqxx::connection& connection, broker_id broker) {
  pqxx::work transaction(connection);
  // Behind the lock of the version row, under which topics are created.
  const metadata_version version = raise_version(transaction);
  const auto load = transaction.exec_params1(
      "SELECT count(*), count(DISTINCT topic_id) FROM partitions JOIN topics USING (topic_id) WHERE "
      "deleted_ms IS NULL AND voters @> jsonb_build_array(jsonb_build_object('broker_id', $1::integer))",
      broker.value());
  const broker_load found{load[0].as<std::int64_t>(), load[1].as<std::int64_t>()};
  if (found.replicas > 0) return found;
  const auto changed = transaction.exec_params(
      "UPDATE brokers SET removed_ms = marquee_now_ms(), version = $2 WHERE broker_id = $1 AND removed_ms IS "
      "NULL",
      broker.value(), version);
  if (changed.affected_rows() == 0)
    return fail(error_code::not_found, "there is no broker " + std::to_string(broker.value()));
  transaction.commit();
  return found;
}

result<broker_row> set_eviction(pqxx::connection& connection, const eviction_order& order,
                                const controller_office& office) {
  pqxx::work transaction(connection);
  const metadata_version version = raise_version(transaction);
  // Behind the version row's lock: whoever took the office meanwhile has raised the epoch already, or waits.
  const auto now = transaction.exec1("SELECT epoch, holder FROM controller FOR SHARE");
  if (now[0].as<std::int64_t>() != office.epoch || now[1].as<std::string>() != office.holder)
    return fail(error_code::refused, "this manager is no longer the controller");
  const auto changed = transaction.exec_params(
      "UPDATE brokers SET evicted_ms = CASE WHEN $3 THEN marquee_now_ms() END, version = $4 "
      "WHERE broker_id = $1 AND boot = $2 AND removed_ms IS NULL AND (evicted_ms IS NULL) = $3 "
      "RETURNING broker_id, incarnation, boot, host, kafka_port, raft_port, http_port, rack, release, "
      "version, coalesce(evicted_ms, 0), 0",
      order.broker.value(), order.boot.value(), order.evicted, version);
  if (changed.empty())
    return fail(error_code::conflict, "broker " + std::to_string(order.broker.value()) +
                                          " was started again meanwhile, or this has been done already");
  const broker_row row = row_of(changed[0]);
  transaction.commit();
  return row;
}

result<controller_office> read_office(pqxx::connection& connection) {
  pqxx::work transaction(connection);
  const auto row = transaction.exec1("SELECT epoch, holder FROM controller");
  return controller_office{row[0].as<std::int64_t>(), row[1].as<std::string>()};
}

result<> report_process(pqxx::connection& connection, const process_row& process) {
  pqxx::work transaction(connection);
  transaction.exec_params(
      "INSERT INTO processes (name, role, http, release, known_version, started_ms, last_seen_ms) "
      "VALUES ($1, $2, $3, $4, $5, $6, marquee_now_ms()) ON CONFLICT (name) DO UPDATE SET role = "
      "excluded.role, "
      "http = excluded.http, release = excluded.release, known_version = excluded.known_version, "
      "started_ms = excluded.started_ms, last_seen_ms = excluded.last_seen_ms",
      process.name, process.role, process.http, process.release, process.known_version, process.started_ms);
  transaction.commit();
  return {};
}

result<std::vector<process_row>> list_processes(pqxx::connection& connection) {
  constexpr std::int64_t a_day_ms = 24 * 3600 * 1000;
  pqxx::work transaction(connection);
  std::vector<process_row> processes;
  for (const auto& row : transaction.exec_params(
           "SELECT name, role, http, release, known_version, started_ms, last_seen_ms FROM processes "
           "WHERE last_seen_ms > marquee_now_ms() - $1 ORDER BY role, name",
           a_day_ms))
    processes.push_back({.name = row[0].as<std::string>(),
                         .role = row[1].as<std::string>(),
                         .http = row[2].as<std::string>(),
                         .release = row[3].as<std::string>(),
                         .known_version = row[4].as<metadata_version>(),
                         .started_ms = row[5].as<std::int64_t>(),
                         .last_seen_ms = row[6].as<std::int64_t>()});
  return processes;
}

}  // namespace marquee::db::statements
