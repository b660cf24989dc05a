#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "db/database_connection.h"

namespace marquee::db {

/// One numbered step of the schema. Steps only add, so that an older program still works on a newer
/// database's tables; a file that was released never changes.
struct migration {
  std::string_view name;  ///< "0001_metadata"
  std::string_view sql;
};

/// All of db/migrations/*.sql, by number.
[[nodiscard]] std::span<const migration> embedded_migrations();

/// Applies what is missing, in one transaction, one process at a time. Steps that this program does not know
/// are logged: they only added something. Throws as pqxx does.
[[nodiscard]] result<> apply_migrations(pqxx::connection& connection);

}  // namespace marquee::db
