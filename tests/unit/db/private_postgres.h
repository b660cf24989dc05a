#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace marquee::db {

/// A PostgreSQL server of a test's own: data in a folder under the temporary directory, a free port on
/// loopback. PostgreSQL refuses to run as root, so root starts it as the user postgres. Ends with the test
/// program, however that ends.
class private_postgres {
 public:
  private_postgres();
  ~private_postgres();
  private_postgres(const private_postgres&) = delete;
  private_postgres& operator=(const private_postgres&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }
  void start();
  void stop();
  /// The server and its sessions stand still: connections are taken by the kernel, and nothing answers.
  void freeze();
  void thaw();
  /// Makes an empty database and returns its URL.
  [[nodiscard]] std::string new_database();

 private:
  [[nodiscard]] pid_t run(const std::vector<std::string>& command) const;
  void run_to_end(const std::vector<std::string>& command) const;
  void signal_all(int signal) const;

  std::string folder_;
  std::uint16_t port_ = 0;
  std::string url_;
  pid_t server_ = 0;
  int databases_ = 0;
};

/// One server for all tests of a program.
[[nodiscard]] private_postgres& shared_postgres();

}  // namespace marquee::db
