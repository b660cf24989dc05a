#include "db/migrations.h"

#include <pqxx/result>
#include <pqxx/transaction>
#include <set>
#include <string>

#include "base/logging.h"

namespace marquee::db {

result<> apply_migrations(pqxx::connection& connection) {
  pqxx::work transaction(connection);
  // Held until the end of the transaction. The number means nothing, all processes must only agree on it.
  transaction.exec("SELECT pg_advisory_xact_lock(4711001)");
  transaction.exec(
      "CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL "
      "DEFAULT now())");
  std::set<std::string> applied;
  for (const auto& row : transaction.exec("SELECT name FROM schema_migrations"))
    applied.insert(row[0].as<std::string>());
  std::set<std::string> known;
  for (const migration& step : embedded_migrations()) {
    known.emplace(step.name);
    if (applied.contains(std::string(step.name))) continue;
    transaction.exec(std::string(step.sql));
    transaction.exec_params("INSERT INTO schema_migrations (name) VALUES ($1)", std::string(step.name));
    log_info("db", "applied migration {}", step.name);
  }
  // Steps only add, so an older program works on; it is worth a line in the log all the same.
  for (const std::string& name : applied)
    if (!known.contains(name))
      log_warning("db", "the database has migration {}, which this release does not know", name);
  transaction.commit();
  return {};
}

}  // namespace marquee::db
