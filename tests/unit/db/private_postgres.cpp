#include "tests/unit/db/private_postgres.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <stdexcept>
#include <thread>

namespace marquee::db {

namespace {

constexpr const char* programs = "/usr/lib/postgresql/15/bin/";

std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(probe, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no free port");
  ::close(probe);
  return ntohs(address.sin_port);
}

}  // namespace

private_postgres::private_postgres() : port_(free_port()) {
  std::string pattern = (std::filesystem::temp_directory_path() / "marquee-postgres-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  if (::geteuid() == 0) {
    const passwd* user = ::getpwnam("postgres");
    if (user == nullptr || ::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0)
      throw std::runtime_error("there is no user postgres to start PostgreSQL as");
  }
  url_ = "postgresql://postgres@127.0.0.1:" + std::to_string(port_) + "/postgres";
  run_to_end({std::string(programs) + "initdb", "-D", folder_ + "/data", "-U", "postgres", "-A", "trust",
              "-E", "UTF8", "--no-sync", "--no-instructions"});
  start();
}

private_postgres::~private_postgres() {
  stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

pid_t private_postgres::run(const std::vector<std::string>& command) const {
  const passwd* user = ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const std::string log = folder_ + "/log";
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  if (user != nullptr && (::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) ::_exit(126);
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (::getppid() != parent || output < 0 || ::chdir(folder_.c_str()) != 0) ::_exit(126);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

void private_postgres::run_to_end(const std::vector<std::string>& command) const {
  int status = 0;
  if (::waitpid(run(command), &status, 0) < 0 || status != 0)
    throw std::runtime_error(command[0] + " failed; see " + folder_ + "/log");
}

void private_postgres::start() {
  server_ = run({std::string(programs) + "postgres", "-D", folder_ + "/data", "-k", folder_, "-p",
                 std::to_string(port_), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c",
                 "max_connections=50", "-c", "shared_buffers=8MB"});
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (;;) {
    try {
      pqxx::connection probe(url_);
      return;
    } catch (const std::exception&) {
      if (std::chrono::steady_clock::now() > end) throw;
      std::this_thread::yield();
    }
  }
}

void private_postgres::stop() {
  if (server_ == 0) return;
  ::kill(server_, SIGINT);  // fast shutdown: ends sessions
  ::waitpid(server_, nullptr, 0);
  server_ = 0;
}

void private_postgres::signal_all(int signal) const {
  const std::string pid = std::to_string(server_);
  ::kill(server_, signal);
  std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
  for (pid_t child = 0; children >> child;) ::kill(child, signal);
}

void private_postgres::freeze() {
  signal_all(SIGSTOP);
}

void private_postgres::thaw() {
  signal_all(SIGCONT);
}

std::string private_postgres::new_database() {
  const std::string name = "test_" + std::to_string(++databases_);
  pqxx::connection connection(url_);
  pqxx::nontransaction(connection).exec("CREATE DATABASE " + name);
  return url_.substr(0, url_.rfind('/') + 1) + name;
}

private_postgres& shared_postgres() {
  static private_postgres server;
  return server;
}

}  // namespace marquee::db
