#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "db/activity_table.h"

/// Columns of type jsonb and their values. Reading accepts what writing gives; anything else reads as empty,
/// because only this program writes them.
namespace marquee::db {

using text_map = std::map<std::string, std::string>;

[[nodiscard]] std::string config_to_json(const text_map& config);
[[nodiscard]] text_map config_from_json(std::string_view text);

[[nodiscard]] std::string voters_to_json(const std::vector<replica_id>& voters);
[[nodiscard]] std::vector<replica_id> voters_from_json(std::string_view text);

/// For jsonb_to_recordset.
[[nodiscard]] std::string activity_to_json(const std::vector<activity_item>& items);

[[nodiscard]] std::string positions_to_json(const std::map<std::int32_t, std::int64_t>& positions);
[[nodiscard]] std::map<std::int32_t, std::int64_t> positions_from_json(std::string_view text);

}  // namespace marquee::db
