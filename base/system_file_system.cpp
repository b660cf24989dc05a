#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/file_system.h"

namespace marquee {

namespace {

/// What the operating system said about `doing` with `path`.
failure system_failure(int number, const char* doing, const std::string& path) {
  error_code code = error_code::io;
  if (number == ENOSPC || number == EDQUOT || number == EFBIG) code = error_code::no_space;
  if (number == ENOENT || number == ENOTDIR) code = error_code::not_found;
  if (number == EEXIST) code = error_code::already_exists;
  std::array<char, 256> text{};
  return fail(code, fmt::format("{} {}: {}", doing, path, strerror_r(number, text.data(), text.size())));
}

template <class Call>
auto retry_when_interrupted(Call call) {
  while (true) {
    const auto outcome = call();
    if (outcome >= 0 || errno != EINTR) return outcome;
  }
}

/// Owns one descriptor.
class descriptor {
 public:
  explicit descriptor(int number) : number_(number) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

result<> sync_folder(const std::string& path) {
  const descriptor folder(
      retry_when_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (folder.number() < 0) return system_failure(errno, "opening folder", path);
  if (retry_when_interrupted([&] { return ::fsync(folder.number()); }) != 0)
    return system_failure(errno, "syncing folder", path);
  return {};
}

class system_file final : public file {
 public:
  system_file(int number, std::string path) : descriptor_(number), path_(std::move(path)) {}

  result<std::size_t> read_at(std::uint64_t position, std::span<std::uint8_t> target) const override {
    std::size_t done = 0;
    while (done < target.size()) {
      const ssize_t got = retry_when_interrupted([&] {
        return ::pread(descriptor_.number(), target.data() + done, target.size() - done,
                       static_cast<off_t>(position + done));
      });
      if (got < 0) return system_failure(errno, "reading", path_);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  result<> write_at(std::uint64_t position, std::span<const bytes_view> parts) override {
    if (auto usable = check_not_failed(); !usable) return usable;
    constexpr std::size_t most_vectors = 256;
    std::array<iovec, most_vectors> vectors;
    std::size_t part = 0;       // the first part that is not written whole
    std::size_t part_done = 0;  // bytes of it that are
    while (true) {
      std::size_t count = 0;
      for (std::size_t i = part; i < parts.size() && count < most_vectors; ++i) {
        const bytes_view left = i == part ? parts[i].subspan(part_done) : parts[i];
        vectors[count++] = {const_cast<std::uint8_t*>(left.data()), left.size()};
      }
      if (count == 0) return {};
      const ssize_t wrote = retry_when_interrupted([&] {
        return ::pwritev(descriptor_.number(), vectors.data(), static_cast<int>(count),
                         static_cast<off_t>(position));
      });
      if (wrote < 0) return note_failed(system_failure(errno, "writing", path_));
      position += static_cast<std::uint64_t>(wrote);
      std::size_t left = static_cast<std::size_t>(wrote);
      while (part < parts.size() && left >= parts[part].size() - part_done) {
        left -= parts[part].size() - part_done;
        ++part;
        part_done = 0;
      }
      part_done += left;
    }
  }

  result<> sync() override {
    if (auto usable = check_not_failed(); !usable) return usable;
    if (::fdatasync(descriptor_.number()) != 0) return note_failed(system_failure(errno, "syncing", path_));
    return {};
  }

  result<std::uint64_t> size() const override {
    struct stat facts{};
    if (::fstat(descriptor_.number(), &facts) != 0) return system_failure(errno, "asking the size of", path_);
    return static_cast<std::uint64_t>(facts.st_size);
  }

  result<> truncate(std::uint64_t size) override {
    if (auto usable = check_not_failed(); !usable) return usable;
    if (retry_when_interrupted([&] { return ::ftruncate(descriptor_.number(), static_cast<off_t>(size)); }) !=
        0)
      return note_failed(system_failure(errno, "truncating", path_));
    return {};
  }

 private:
  /// After a failed sync Linux may drop the dirty pages and report the next sync as a success: never try
  /// again.
  result<> check_not_failed() const {
    if (!failed_.load()) return {};
    return fail(error_code::io, path_ + ": an earlier write or sync failed, the file takes no more writes");
  }
  failure note_failed(failure why) {
    failed_.store(true);
    return why;
  }

  descriptor descriptor_;
  std::string path_;
  std::atomic<bool> failed_{false};
};

class system_lock final : public file_lock {
 public:
  explicit system_lock(int number) : descriptor_(number) {}
  [[nodiscard]] int number() const { return descriptor_.number(); }

 private:
  descriptor descriptor_;
};

class posix_file_system final : public file_system {
 public:
  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override {
    int flags = O_CLOEXEC | (mode == open_mode::read ? O_RDONLY : O_RDWR);
    if (mode == open_mode::create || mode == open_mode::create_new) flags |= O_CREAT;
    if (mode == open_mode::create_new) flags |= O_EXCL;
    const int number = retry_when_interrupted([&] { return ::open(path.c_str(), flags, 0640); });
    if (number < 0) return system_failure(errno, "opening", path);
    return std::make_unique<system_file>(number, path);
  }

  result<bool> exists(const std::string& path) const override {
    struct stat facts{};
    if (::stat(path.c_str(), &facts) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return system_failure(errno, "looking for", path);
  }

  result<> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_failure(errno, "renaming", from + " to " + to);
    return {};
  }

  result<> remove_file(const std::string& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_failure(errno, "removing", path);
    return {};
  }

  result<> create_directories(const std::string& path) override {
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
      const std::string folder = path.substr(0, end);
      if (::mkdir(folder.c_str(), 0750) == 0) {
        const std::size_t slash = folder.find_last_of('/');
        const std::string parent = slash == std::string::npos ? "."
                                   : slash == 0               ? "/"
                                                              : folder.substr(0, slash);
        if (auto synced = sync_folder(parent); !synced) return synced;
      } else if (errno != EEXIST) {
        return system_failure(errno, "making folder", folder);
      }
      if (end == std::string::npos) break;
    }
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0) return system_failure(errno, "making folder", path);
    if (!S_ISDIR(facts.st_mode)) return fail(error_code::io, path + " is not a folder");
    return {};
  }

  result<> remove_directory(const std::string& path) override {
    if (::rmdir(path.c_str()) != 0 && errno != ENOENT) return system_failure(errno, "removing folder", path);
    return {};
  }

  result<std::vector<std::string>> list(const std::string& path) const override {
    DIR* folder = ::opendir(path.c_str());
    if (folder == nullptr) return system_failure(errno, "listing", path);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(folder)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    const int number = errno;
    ::closedir(folder);
    if (number != 0) return system_failure(number, "listing", path);
    std::sort(names.begin(), names.end());
    return names;
  }

  result<> sync_directory(const std::string& path) override { return sync_folder(path); }

  result<std::uint64_t> free_bytes(const std::string& path) const override {
    struct statvfs facts{};
    if (::statvfs(path.c_str(), &facts) != 0) return system_failure(errno, "asking the free space of", path);
    return static_cast<std::uint64_t>(facts.f_bavail) * facts.f_frsize;
  }

  result<std::unique_ptr<file_lock>> lock(const std::string& path) override {
    const int number =
        retry_when_interrupted([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640); });
    if (number < 0) return system_failure(errno, "opening", path);
    auto held = std::make_unique<system_lock>(number);
    if (retry_when_interrupted([&] { return ::flock(number, LOCK_EX | LOCK_NB); }) == 0) return held;
    if (errno == EWOULDBLOCK) return fail(error_code::refused, path + " is locked by another process");
    return system_failure(errno, "locking", path);
  }
};

}  // namespace

file_system& system_file_system() {
  static auto* the_file_system = new posix_file_system;
  return *the_file_system;
}

}  // namespace marquee
