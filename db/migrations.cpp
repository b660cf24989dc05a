#include "db/migrations.h"

#include <algorithm>
#include <pqxx/result>
#include <pqxx/transaction>
#include <set>
#include <string>

#include "base/logging.h"

namespace marquee::db {

namespace {

std::set<std::string> applied_steps(pqxx::transaction_base& transaction) {
  std::set<std::string> applied;
  for (const auto& row : transaction.exec("SELECT name FROM schema_migrations"))
    applied.insert(row[0].as<std::string>());
  return applied;
}

/// Looked at without writing: a database that is read-only for now, or whose user may not change tables, is
/// good enough for a process that needs nothing new.
bool is_complete(pqxx::connection& connection) {
  pqxx::work transaction(connection);
  if (transaction.exec1("SELECT to_regclass('schema_migrations') IS NULL")[0].as<bool>()) return false;
  const std::set<std::string> applied = applied_steps(transaction);
  std::set<std::string> known;
  for (const migration& step : embedded_migrations()) known.emplace(step.name);
  // Steps only add, so an older program works on; it is worth a line in the log all the same.
  for (const std::string& name : applied)
    if (!known.contains(name))
      log_warning("db", "the database has migration {}, which this release does not know", name);
  return std::ranges::includes(applied, known);
}

}  // namespace

result<> apply_migrations(pqxx::connection& connection) {
  if (is_complete(connection)) return {};
  pqxx::work transaction(connection);
  // Held until the end of the transaction. The number means nothing, all processes must only agree on it.
  transaction.exec("SELECT pg_advisory_xact_lock(4711001)");
  transaction.exec(
      "CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL "
      "DEFAULT now())");
  const std::set<std::string> applied = applied_steps(transaction);
  for (const migration& step : embedded_migrations()) {
    if (applied.contains(std::string(step.name))) continue;
    transaction.exec(std::string(step.sql));
    transaction.exec_params("INSERT INTO schema_migrations (name) VALUES ($1)", std::string(step.name));
    log_info("db", "applied migration {}", step.name);
  }
  transaction.commit();
  return {};
}

}  // namespace marquee::db
