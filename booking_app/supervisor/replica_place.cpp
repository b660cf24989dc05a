#include "booking_app/supervisor/replica_place.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <toml.hpp>

namespace marquee::booking {
namespace {

result<replica_place> read_file(replica_place place) {
  std::ifstream stream(place.config_file, std::ios::binary);
  if (!stream)
    return fail(error_code::not_found, "the configuration file " + place.config_file + " cannot be read");
  // toml11 tells of faults by exceptions; they end here.
  try {
    const toml::value document = toml::parse(stream, place.config_file);
    place.data_dir = toml::find_or<std::string>(document, "data_dir", "");
    const toml::value http = toml::find_or<toml::value>(document, "http", toml::table{});
    place.http.host = toml::find_or<std::string>(http, "address", "127.0.0.1");
    const auto port = toml::find_or<std::int64_t>(http, "port", 0);
    if (port > 0 && port <= 65'535) place.http.port = static_cast<std::uint16_t>(port);
  } catch (const std::exception& failed) {
    return fail(error_code::invalid_argument, place.config_file + ": not TOML: " + failed.what());
  }
  if (place.data_dir.empty())
    return fail(error_code::invalid_argument, place.config_file + " has no data_dir: a replica needs one");
  if (place.http.port == 0)
    return fail(error_code::invalid_argument,
                place.config_file + " has no http.port: the supervisor asks the replica there");
  return place;
}

}  // namespace

result<replica_place> read_replica_place(const std::string& entry) {
  const std::size_t equals = entry.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == entry.size())
    return fail(error_code::invalid_argument,
                "supervisor.replicas: '" + entry + "' is not id=/path/to/replica.toml");
  return read_file({.id = entry.substr(0, equals), .config_file = entry.substr(equals + 1)});
}

std::vector<std::int64_t> incarnations_kept(const replica_place& place) {
  std::vector<std::int64_t> found;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(place.data_dir, failed)) {
    const std::string name = entry.path().filename().string();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size() && number > 0) found.push_back(number);
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace marquee::booking
