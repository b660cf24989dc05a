#include "base/simulated_file_system.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/random.h"
#include "base/simulated_file.h"

namespace marquee {

namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

class simulated_lock final : public file_lock {
 public:
  simulated_lock(simulated_file_system& files, std::string path)
      : files_(files), path_(std::move(path)), life_(files.life_) {}
  ~simulated_lock() override {
    const std::lock_guard guard(files_.mutex_);
    if (life_ == files_.life_) files_.locked_.erase(path_);
  }

 private:
  simulated_file_system& files_;
  std::string path_;
  std::uint64_t life_;
};

simulated_file_system::simulated_file_system() : folders_{"/", "."} {}
simulated_file_system::~simulated_file_system() = default;

result<> simulated_file_system::begin_operation(const std::string& path, bool* torn) {
  *torn = false;
  if (crashed_) return power_is_off(path);
  ++operations_;
  std::optional<disk_fault> fault;
  if (const auto planned = planned_.find(operations_); planned != planned_.end()) fault = planned->second;
  for (const auto& [part, kind] : failing_paths_)
    if (path.find(part) != std::string::npos) fault = kind;
  if (!fault) return {};
  switch (*fault) {
    case disk_fault::io_error:
      return fail(error_code::io, path + ": simulated input/output error");
    case disk_fault::no_space:
      return fail(error_code::no_space, path + ": no space left on the simulated disk");
    case disk_fault::short_write:
      *torn = true;
      return fail(error_code::no_space, path + ": no space left on the simulated disk");
    case disk_fault::crash:
      *torn = true;
      crashed_ = true;
      return power_is_off(path);
  }
  return {};
}

std::uint64_t simulated_file_system::used_bytes() const {
  std::uint64_t used = 0;
  for (const auto& [path, node] : names_) used += node->current.size();
  return used;
}

bool simulated_file_system::folder_exists(const std::string& path) const {
  return folders_.contains(path);
}

void simulated_file_system::set_names(const std::string& folder,
                                      std::vector<std::pair<std::string, std::shared_ptr<inode>>> names) {
  for (const auto& [path, node] : names) {
    if (node)
      names_[path] = node;
    else
      names_.erase(path);
  }
  pending_.push_back({folder, std::move(names)});
}

result<std::unique_ptr<file>> simulated_file_system::open(const std::string& path, open_mode mode) {
  const std::lock_guard guard(mutex_);
  if (crashed_) return power_is_off(path);
  auto found = names_.find(path);
  if (found != names_.end() && mode == open_mode::create_new)
    return fail(error_code::already_exists, path + " exists already");
  if (found == names_.end()) {
    if (mode == open_mode::read || mode == open_mode::write)
      return fail(error_code::not_found, path + " does not exist");
    if (!folder_exists(folder_of(path)))
      return fail(error_code::not_found, "the folder of " + path + " does not exist");
    bool torn = false;
    if (auto allowed = begin_operation(path, &torn); !allowed) return fail(allowed);
    set_names(folder_of(path), {{path, std::make_shared<inode>()}});
    found = names_.find(path);
  }
  return std::make_unique<simulated_file>(*this, found->second, path);
}

result<bool> simulated_file_system::exists(const std::string& path) const {
  const std::lock_guard guard(mutex_);
  if (crashed_) return power_is_off(path);
  return names_.contains(path) || folder_exists(path);
}

result<> simulated_file_system::rename(const std::string& from, const std::string& to) {
  const std::lock_guard guard(mutex_);
  bool torn = false;
  if (auto allowed = begin_operation(from, &torn); !allowed) return allowed;
  const auto found = names_.find(from);
  if (found == names_.end()) return fail(error_code::not_found, from + " does not exist");
  auto node = found->second;
  set_names(folder_of(to), {{from, nullptr}, {to, std::move(node)}});
  return {};
}

result<> simulated_file_system::remove_file(const std::string& path) {
  const std::lock_guard guard(mutex_);
  if (crashed_) return power_is_off(path);
  if (!names_.contains(path)) return {};
  bool torn = false;
  if (auto allowed = begin_operation(path, &torn); !allowed) return allowed;
  set_names(folder_of(path), {{path, nullptr}});
  return {};
}

result<> simulated_file_system::create_directories(const std::string& path) {
  const std::lock_guard guard(mutex_);
  if (crashed_) return power_is_off(path);
  if (folder_exists(path)) return {};
  bool torn = false;
  if (auto allowed = begin_operation(path, &torn); !allowed) return allowed;
  for (std::string folder = path; !folder_exists(folder); folder = folder_of(folder)) folders_.insert(folder);
  return {};
}

result<> simulated_file_system::remove_directory(const std::string& path) {
  const std::lock_guard guard(mutex_);
  if (crashed_) return power_is_off(path);
  if (!folder_exists(path)) return {};
  const std::string prefix = path + "/";
  const auto inside = names_.lower_bound(prefix);
  const auto folder_inside = folders_.lower_bound(prefix);
  if ((inside != names_.end() && inside->first.starts_with(prefix)) ||
      (folder_inside != folders_.end() && folder_inside->starts_with(prefix)))
    return fail(error_code::io, path + " is not empty");
  bool torn = false;
  if (auto allowed = begin_operation(path, &torn); !allowed) return allowed;
  folders_.erase(path);
  return {};
}

result<std::vector<std::string>> simulated_file_system::list(const std::string& path) const {
  const std::lock_guard guard(mutex_);
  if (crashed_) return power_is_off(path);
  if (!folder_exists(path)) return fail(error_code::not_found, path + " does not exist");
  std::set<std::string> found;
  for (const auto& [name, node] : names_)
    if (folder_of(name) == path) found.insert(name.substr(path.size() + 1));
  for (const std::string& folder : folders_)
    if (folder != path && folder_of(folder) == path) found.insert(folder.substr(path.size() + 1));
  return std::vector<std::string>(found.begin(), found.end());
}

result<> simulated_file_system::sync_directory(const std::string& path) {
  const std::lock_guard guard(mutex_);
  bool torn = false;
  if (auto allowed = begin_operation(path, &torn); !allowed) return allowed;
  if (syncs_lie_) return {};
  std::erase_if(pending_, [&](const pending_names& change) {
    if (change.folder != path) return false;
    for (const auto& [name, node] : change.names) {
      if (node)
        durable_names_[name] = node;
      else
        durable_names_.erase(name);
    }
    return true;
  });
  return {};
}

result<std::uint64_t> simulated_file_system::free_bytes(const std::string& path) const {
  const std::lock_guard guard(mutex_);
  if (crashed_) return power_is_off(path);
  const std::uint64_t used = used_bytes();
  return used < capacity_ ? capacity_ - used : 0;
}

result<std::unique_ptr<file_lock>> simulated_file_system::lock(const std::string& path) {
  const std::lock_guard guard(mutex_);
  if (crashed_) return power_is_off(path);
  if (!locked_.insert(path).second) return fail(error_code::refused, path + " is locked by another process");
  return std::make_unique<simulated_lock>(*this, path);
}

std::uint64_t simulated_file_system::operations() const {
  const std::lock_guard guard(mutex_);
  return operations_;
}

void simulated_file_system::fail_at(std::uint64_t operation, disk_fault kind) {
  const std::lock_guard guard(mutex_);
  planned_[operation] = kind;
}

void simulated_file_system::fail_writes_to(std::string path_part, disk_fault kind) {
  const std::lock_guard guard(mutex_);
  failing_paths_.emplace_back(std::move(path_part), kind);
}

bool simulated_file_system::crashed() const {
  const std::lock_guard guard(mutex_);
  return crashed_;
}

void simulated_file_system::crash(std::uint64_t seed) {
  const std::lock_guard guard(mutex_);
  random_source random(seed);
  const std::uint64_t kept_of_four = random.below(5);
  for (const pending_names& change : pending_) {
    if (random.below(4) >= kept_of_four) continue;
    for (const auto& [name, node] : change.names) {
      if (node)
        durable_names_[name] = node;
      else
        durable_names_.erase(name);
    }
  }
  pending_.clear();
  std::set<inode*> seen;
  for (const auto& [name, node] : durable_names_)
    if (seen.insert(node.get()).second) node->lose_power(random);
  names_ = durable_names_;
  for (const auto& [name, node] : names_)
    for (std::string folder = folder_of(name); !folder_exists(folder); folder = folder_of(folder))
      folders_.insert(folder);
  locked_.clear();
  planned_.clear();
  failing_paths_.clear();
  crashed_ = false;
  ++life_;
}

void simulated_file_system::kill_process() {
  const std::lock_guard guard(mutex_);
  locked_.clear();
  planned_.clear();
  failing_paths_.clear();
  crashed_ = false;
  ++life_;
}

void simulated_file_system::let_syncs_lie(bool lie) {
  const std::lock_guard guard(mutex_);
  syncs_lie_ = lie;
}

void simulated_file_system::set_capacity(std::uint64_t bytes) {
  const std::lock_guard guard(mutex_);
  capacity_ = bytes;
}

bytes simulated_file_system::content(const std::string& path) const {
  const std::lock_guard guard(mutex_);
  const auto found = names_.find(path);
  MARQUEE_ASSERT(found != names_.end(), "the test names a file that does not exist");
  return found->second->current;
}

void simulated_file_system::set_content(const std::string& path, bytes content) {
  const std::lock_guard guard(mutex_);
  const auto found = names_.find(path);
  MARQUEE_ASSERT(found != names_.end(), "the test names a file that does not exist");
  found->second->current = content;
  found->second->durable = std::move(content);
  found->second->dirty.clear();
}

void simulated_file_system::flip_bit(const std::string& path, std::uint64_t position, int bit) {
  bytes changed = content(path);
  MARQUEE_ASSERT(position < changed.size(), "the bit is outside of the file");
  changed[position] = static_cast<std::uint8_t>(changed[position] ^ (1U << bit));
  set_content(path, std::move(changed));
}

std::vector<std::string> simulated_file_system::paths() const {
  const std::lock_guard guard(mutex_);
  std::vector<std::string> all;
  for (const auto& [path, node] : names_) all.push_back(path);
  return all;
}

std::unique_ptr<simulated_file_system> simulated_file_system::copy() const {
  const std::lock_guard guard(mutex_);
  auto twin = std::make_unique<simulated_file_system>();
  std::map<inode*, std::shared_ptr<inode>> copies;
  for (const auto& [path, node] : names_) {
    auto& target = copies[node.get()];
    if (!target) {
      target = std::make_shared<inode>();
      target->current = node->current;
      target->durable = node->current;
    }
    twin->names_[path] = target;
  }
  twin->durable_names_ = twin->names_;
  twin->folders_ = folders_;
  twin->capacity_ = capacity_;
  return twin;
}

}  // namespace marquee
