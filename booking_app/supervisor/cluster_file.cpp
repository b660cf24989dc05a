#include "booking_app/supervisor/cluster_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace marquee::booking {
namespace {

using json = nlohmann::ordered_json;

/// Discarded if it cannot be read or is something else.
json read(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return json(json::value_t::discarded);
  json document = json::parse(stream, nullptr, false);
  const bool fits =
      document.is_object() && document.contains("processes") && document["processes"].is_array();
  return fits ? document : json(json::value_t::discarded);
}

json* entry_of(json& document, const std::string& name) {
  for (json& entry : document["processes"])
    if (entry.is_object() && entry.value("name", "") == name) return &entry;
  return nullptr;
}

/// The arguments from the subcommand on are what tells commands apart; before it stands the program.
json whole_command(const json& old, const std::vector<std::string>& command) {
  if (!old.is_array() || command.size() < 2) return command;
  const auto subcommand = std::ranges::find(old, json(command[1]));
  if (subcommand == old.end() || subcommand - old.begin() < 2) return command;
  json whole(json::value_t::array);
  for (auto part = old.begin(); part != subcommand - 1; ++part) whole.push_back(*part);
  for (const std::string& part : command) whole.push_back(part);
  return whole;
}

}  // namespace

std::string cluster_file::log_of(const std::string& name) const {
  json document = read(path_);
  if (document.is_discarded()) return {};
  const json* const entry = entry_of(document, name);
  return entry != nullptr && entry->contains("log") && (*entry)["log"].is_string()
             ? (*entry)["log"].get<std::string>()
             : std::string();
}

result<bool> cluster_file::keep_true(const std::string& name, pid_t pid,
                                     const std::vector<std::string>& command) const {
  if (path_.empty() || command.empty()) return false;
  json document = read(path_);
  if (document.is_discarded()) return fail(error_code::corrupt, path_ + " cannot be read as a cluster.json");
  json* const entry = entry_of(document, name);
  if (entry == nullptr || entry->value("pid", std::int64_t{0}) == pid) return false;
  (*entry)["pid"] = pid;
  (*entry)["command"] = whole_command((*entry)["command"], command);
  const std::string aside = path_ + ".supervisor";
  {
    std::ofstream stream(aside, std::ios::binary | std::ios::trunc);
    std::error_code
        ignored;  // it names the database's password: for its owner only, as scripts/cluster has it
    std::filesystem::permissions(
        aside, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ignored);
    stream << document.dump(1, ' ', false, json::error_handler_t::replace);
    if (!stream.flush()) return fail(error_code::io, aside + " cannot be written");
  }
  std::error_code failed;
  std::filesystem::rename(aside, path_, failed);
  if (failed) return fail(error_code::io, path_ + ": " + failed.message());
  return true;
}

}  // namespace marquee::booking
