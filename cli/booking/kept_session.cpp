#include "cli/booking/kept_session.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "client/api_connection.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

std::int64_t read_clock_ms(clockid_t which) {
  timespec now{};
  clock_gettime(which, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

std::string read_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

/// FNV-1a, so that long client ids give different file names.
std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

result<> fail_io(const std::string& path) {
  return fail(error_code::io, "cannot write " + path + ": " + std::strerror(errno));
}

result<> make_folder(const std::string& folder) {
  for (std::size_t slash = folder.find('/', 1);; slash = folder.find('/', slash + 1)) {
    const std::string part = folder.substr(0, slash);
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) return fail_io(part);
    if (slash == std::string::npos) return {};
  }
}

bool write_all(int descriptor, const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(descriptor, text.data() + written, text.size() - written);
    if (count <= 0) return false;
    written += static_cast<std::size_t>(count);
  }
  return true;
}

template <class Value>
bool read_field(const json& object, const char* name, Value& value) {
  const auto found = object.find(name);
  if (found == object.end()) return false;
  if constexpr (std::is_same_v<Value, std::string>) {
    if (!found->is_string()) return false;
  } else if (!found->is_number_integer()) {
    return false;
  }
  value = found->get<Value>();
  return true;
}

}  // namespace

kept_moment kept_moment::now() {
  return {read_boot_id(), read_clock_ms(CLOCK_BOOTTIME), read_clock_ms(CLOCK_REALTIME)};
}

kept_moment kept_moment::before_ms(std::int64_t ms) const {
  return {boot_id, since_boot_ms - ms, wall_ms - ms};
}

std::int64_t elapsed_ms(const kept_moment& from, const kept_moment& to) {
  return from.boot_id == to.boot_id ? to.since_boot_ms - from.since_boot_ms : to.wall_ms - from.wall_ms;
}

std::string session_store::default_folder() {
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    const passwd* user = getpwuid(getuid());
    home = user == nullptr ? "." : user->pw_dir;
  }
  return std::string(home) + "/.marquee/booking";
}

std::string session_store::path_of(const std::string& client_id) const {
  constexpr std::size_t longest = 100;
  std::string name = client::percent_encode(client_id);
  if (name.size() > longest) name = name.substr(0, longest) + fmt::format("+{:016x}", hash_of(client_id));
  return folder_ + "/" + name + ".json";
}

std::optional<kept_session> session_store::load(const std::string& client_id) const {
  std::ifstream file(path_of(client_id));
  std::ostringstream text;
  text << file.rdbuf();
  const json content = json::parse(text.str(), nullptr, /*allow_exceptions=*/false);
  if (!content.is_object()) return std::nullopt;
  kept_session kept;
  const bool whole = read_field(content, "client_id", kept.client_id) &&
                     read_field(content, "session_id", kept.session_id) &&
                     read_field(content, "lease_ms", kept.lease_ms) &&
                     read_field(content, "grace_ms", kept.grace_ms) &&
                     read_field(content, "boot_id", kept.renewed.boot_id) &&
                     read_field(content, "since_boot_ms", kept.renewed.since_boot_ms) &&
                     read_field(content, "wall_ms", kept.renewed.wall_ms);
  return whole && kept.client_id == client_id ? std::optional(kept) : std::nullopt;
}

result<> session_store::save(const kept_session& session) const {
  if (const auto made = make_folder(folder_); !made) return made;
  const std::string path = path_of(session.client_id);
  const std::string text = json({{"client_id", session.client_id},
                                 {"session_id", session.session_id},
                                 {"lease_ms", session.lease_ms},
                                 {"grace_ms", session.grace_ms},
                                 {"boot_id", session.renewed.boot_id},
                                 {"since_boot_ms", session.renewed.since_boot_ms},
                                 {"wall_ms", session.renewed.wall_ms}})
                               .dump(-1, ' ', false, json::error_handler_t::replace);
  std::string aside = path + ".XXXXXX";
  // mkstemp makes it readable for the user alone.
  const int descriptor = mkstemp(aside.data());
  if (descriptor < 0) return fail_io(path);
  const bool written = write_all(descriptor, text) && fsync(descriptor) == 0;
  if (close(descriptor) != 0 || !written || std::rename(aside.c_str(), path.c_str()) != 0) {
    const auto failed = fail_io(path);
    std::remove(aside.c_str());
    return failed;
  }
  return {};
}

void session_store::forget(const std::string& client_id) const {
  std::remove(path_of(client_id).c_str());
}

}  // namespace marquee::cli
