#include "benchmarks/micro/unsynced_file_system.h"

#include <utility>

namespace marquee::micro {
namespace {

class unsynced_file final : public file {
 public:
  explicit unsynced_file(std::unique_ptr<file> real) : real_(std::move(real)) {}

  result<std::size_t> read_at(std::uint64_t position, std::span<std::uint8_t> target) const override {
    return real_->read_at(position, target);
  }
  result<> write_at(std::uint64_t position, std::span<const bytes_view> parts) override {
    return real_->write_at(position, parts);
  }
  result<> sync() override { return {}; }
  result<std::uint64_t> size() const override { return real_->size(); }
  result<> truncate(std::uint64_t size) override { return real_->truncate(size); }

 private:
  std::unique_ptr<file> real_;
};

class unsynced_files final : public file_system {
 public:
  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override {
    auto opened = real_.open(path, mode);
    if (!opened) return opened;
    return std::make_unique<unsynced_file>(std::move(*opened));
  }
  result<bool> exists(const std::string& path) const override { return real_.exists(path); }
  result<> rename(const std::string& from, const std::string& to) override { return real_.rename(from, to); }
  result<> remove_file(const std::string& path) override { return real_.remove_file(path); }
  result<> create_directories(const std::string& path) override { return real_.create_directories(path); }
  result<> remove_directory(const std::string& path) override { return real_.remove_directory(path); }
  result<std::vector<std::string>> list(const std::string& path) const override { return real_.list(path); }
  result<> sync_directory(const std::string&) override { return {}; }
  result<std::uint64_t> free_bytes(const std::string& path) const override { return real_.free_bytes(path); }
  result<std::unique_ptr<file_lock>> lock(const std::string& path) override { return real_.lock(path); }

 private:
  file_system& real_ = system_file_system();
};

}  // namespace

file_system& unsynced_file_system() {
  static unsynced_files files;
  return files;
}

}  // namespace marquee::micro
