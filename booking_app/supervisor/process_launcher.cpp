#include "booking_app/supervisor/process_launcher.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>

namespace marquee::booking {
namespace {

/// Closes at the end of the scope.
class descriptor {
 public:
  explicit descriptor(int number = -1) : number_(number) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { reset(); }
  [[nodiscard]] int get() const { return number_; }
  void reset(int number = -1) {
    if (number_ >= 0) ::close(number_);
    number_ = number;
  }

 private:
  int number_;
};

std::string reason() {
  return std::strerror(errno);
}

/// What the new process does between fork and exec. Only calls that are safe there: this program has other
/// threads, which may have held locks.
struct child_start {
  char* const* arguments;
  int lock;
  int input;
  int output;  ///< negative: as it is
  int report;  ///< errno goes here if the program cannot be run

  [[noreturn]] void run() const {
    ::setsid();
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    note_id();
    ::dup2(input, STDIN_FILENO);
    if (output >= 0) {
      ::dup2(output, STDOUT_FILENO);
      ::dup2(output, STDERR_FILENO);
    }
    // The lock alone goes on, until the process ends.
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    ::fcntl(lock, F_SETFD, 0);
    ::execv(arguments[0], arguments);
    const int failure = errno;
    [[maybe_unused]] const ssize_t written = ::write(report, &failure, sizeof failure);
    ::_exit(127);
  }

 private:
  /// Its id into the file that it holds the lock of.
  void note_id() const {
    char text[16];
    char* const end = std::to_chars(text, text + sizeof text, ::getpid()).ptr;
    if (::ftruncate(lock, 0) == 0) {
      [[maybe_unused]] const ssize_t written = ::pwrite(lock, text, static_cast<std::size_t>(end - text), 0);
    }
  }
};

/// Nothing once the program runs, else why it does not.
std::optional<int> read_report(int report) {
  int failure = 0;
  ssize_t count = 0;
  do {
    count = ::read(report, &failure, sizeof failure);
  } while (count < 0 && errno == EINTR);
  if (count == sizeof failure) return failure;
  return std::nullopt;
}

}  // namespace

result<pid_t> launch_process(const launch_request& request) {
  const descriptor lock(::open(request.lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (lock.get() < 0) return fail(error_code::io, request.lock_file + ": " + reason());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(error_code::refused, request.lock_file + " is held by a process that runs");
  const descriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  descriptor output;
  if (!request.log_file.empty()) {
    output.reset(::open(request.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (output.get() < 0) return fail(error_code::io, request.log_file + ": " + reason());
  }
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(error_code::io, "pipe: " + reason());
  const descriptor report(ends[0]);
  descriptor child_report(ends[1]);
  std::vector<char*> arguments;
  for (const std::string& each : request.command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  const child_start start{.arguments = arguments.data(),
                          .lock = lock.get(),
                          .input = input.get(),
                          .output = output.get(),
                          .report = child_report.get()};
  const pid_t child = ::fork();
  if (child < 0) return fail(error_code::io, "fork: " + reason());
  if (child == 0) start.run();
  child_report.reset();
  if (const std::optional<int> failure = read_report(report.get())) {
    ::waitpid(child, nullptr, 0);
    return fail(*failure == ENOENT ? error_code::not_found : error_code::io,
                request.command[0] + ": " + std::strerror(*failure));
  }
  return child;
}

std::optional<pid_t> holder_of_lock(const std::string& lock_file) {
  const descriptor lock(::open(lock_file.c_str(), O_RDONLY | O_CLOEXEC));
  if (lock.get() < 0) return std::nullopt;
  if (::flock(lock.get(), LOCK_SH | LOCK_NB) == 0) return std::nullopt;
  char text[16] = {};
  const ssize_t count = ::pread(lock.get(), text, sizeof text - 1, 0);
  pid_t holder = 0;
  if (count > 0) std::from_chars(text, text + count, holder);
  return holder > 1 ? holder : 0;
}

}  // namespace marquee::booking
