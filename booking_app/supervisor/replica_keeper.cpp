#include "booking_app/supervisor/replica_keeper.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "base/logging.h"
#include "booking_app/machine/json_writer.h"
#include "booking_app/supervisor/process_launcher.h"

namespace marquee::booking {
namespace {

constexpr const char* component = "booking.supervisor";

/// Waits until the process has ended; false if it has not by then.
bool ended_within(pid_t pid, std::int64_t start_ticks, std::int64_t patience_ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  while (start_ticks_of(pid) == start_ticks) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

/// SIGTERM, and SIGKILL to what has not ended two seconds later (also to a stopped process). False if it is
/// still there after that: it hangs in the kernel.
bool end_process(pid_t pid, std::int64_t start_ticks) {
  ::kill(pid, SIGTERM);
  if (ended_within(pid, start_ticks, 2'000)) return true;
  ::kill(pid, SIGKILL);
  return ended_within(pid, start_ticks, 5'000);
}

std::string end_text(int status) {
  if (WIFSIGNALED(status)) return "was ended by signal " + std::to_string(WTERMSIG(status));
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

replica_keeper::replica_keeper(replica_place place, std::string process_name, const keeper_tools& tools)
    : place_(std::move(place)), process_name_(std::move(process_name)), tools_(tools) {}

void replica_keeper::look(const replica_ledger::replica& wanted, std::int64_t now_ms) {
  reap(now_ms);
  const planned_step planned = plan_next_step(observe(wanted, now_ms), now_ms, tools_.limits);
  switch (planned.step) {
    case replica_step::nothing:
      break;
    case replica_step::stop:
      stop();
      break;
    case replica_step::start:
      if (wanted.state == replica_state::retired)
        log_info(component, "{}: incarnation {} is retired: {}", place_.id, wanted.incarnation,
                 wanted.reason);
      start(planned.incarnation, now_ms);
      break;
    case replica_step::announce:
      announce(planned.incarnation, now_ms);
      break;
    case replica_step::remove_old:
      remove_old(planned.incarnation);
      break;
  }
  keep_cluster_file_true(now_ms);
}

replica_view replica_keeper::observe(const replica_ledger::replica& wanted, std::int64_t now_ms) {
  replica_view view{
      .incarnation = wanted.incarnation, .state = wanted.state, .not_before_ms = not_before_ms_};
  const std::vector<std::int64_t> kept = incarnations_kept(place_);
  if (!kept.empty()) {
    view.oldest_kept = kept.front();
    view.newest_used = kept.back();
  }
  record_ = read_process_record(place_.data_dir);
  if (record_) {
    view.recorded = record_->incarnation;
    view.newest_used = std::max(view.newest_used, record_->incarnation);
  }
  if (record_ && !is_alive(*record_)) record_.reset();
  if (record_) view.running = record_->incarnation;
  lock_holder_ = holder_of_lock(place_.lock_file());
  view.starting = !view.running && lock_holder_;
  if (view.running || view.starting) {
    gone_since_ms_.reset();
  } else if (!gone_since_ms_) {
    gone_since_ms_ = now_ms;
  }
  view.gone_since_ms = gone_since_ms_;
  const bool is_new = view.starting || (view.running && *view.running > wanted.incarnation);
  if (!is_new) {
    new_process_ms_.reset();
    if (record_ && record_->pid == child_) {
      child_answered_ = true;
      failures_ = 0;
    }
    return view;
  }
  if (!new_process_ms_) new_process_ms_ = now_ms;
  view.new_process_ms = *new_process_ms_;
  if (!view.running) return view;
  view.answers = tools_.ask(place_) == view.running;
  if (announced_ == *view.running) view.announced_ms = announced_ms_;
  return view;
}

/// A child that has ended is waited for, whatever the ledger says of it.
void replica_keeper::reap(std::int64_t now_ms) {
  int status = 0;
  if (child_ == 0 || ::waitpid(child_, &status, WNOHANG) == 0) return;
  const pid_t ended = std::exchange(child_, 0);
  if (!child_answered_) {
    start_failed("process " + std::to_string(ended) + " " + end_text(status) + " before it answered", now_ms);
  } else {
    log_warning(component, "{}: incarnation {} (process {}) {}", place_.id, child_incarnation_, ended,
                end_text(status));
  }
}

void replica_keeper::start(std::int64_t incarnation, std::int64_t now_ms) {
  std::error_code failed;
  // The folder is what says, after any crash, that this number is used.
  const std::string folder = place_.folder_of(incarnation);
  std::filesystem::create_directories(folder, failed);
  if (failed) {
    start_failed(folder + " cannot be made: " + failed.message(), now_ms);
    return;
  }
  const launch_request request{.command = {tools_.binary, "booking-replica", "--config", place_.config_file,
                                           "--set", "replica.incarnation=" + std::to_string(incarnation)},
                               .lock_file = place_.lock_file(),
                               .log_file = tools_.cluster.log_of(process_name_)};
  const result<pid_t> launched = launch_process(request);
  if (!launched) {
    std::filesystem::remove(folder, failed);  // nothing ran: the number is free
    start_failed(launched.error().message, now_ms);
    return;
  }
  tools_.starts.add();
  child_ = *launched;
  child_incarnation_ = incarnation;
  child_answered_ = false;
  log_info(component, "{}: incarnation {} starts as process {}", place_.id, incarnation, child_);
}

/// One line for a row of failures, with what to do; the rest is for developers.
void replica_keeper::start_failed(const std::string& why, std::int64_t now_ms) {
  tools_.failed_starts.add();
  const std::int64_t pause_ms = pause_after_failures(++failures_);
  not_before_ms_ = now_ms + pause_ms;
  log(failures_ == 1 ? log_level::error : log_level::debug, component,
      "{} does not start: {}. Its log, and whether another program has {}, say more. Tried again in {} ms, "
      "then with growing pauses.",
      place_.id, why, net::to_string(place_.http), pause_ms);
}

void replica_keeper::stop() {
  const pid_t pid = record_ ? record_->pid : lock_holder_.value_or(0);
  const std::optional<std::int64_t> ticks =
      record_ ? std::optional(record_->start_ticks) : (pid > 1 ? start_ticks_of(pid) : std::nullopt);
  if (!ticks) return;
  log_info(component, "{}: process {} is stopped", place_.id, pid);
  tools_.stops.add();
  if (!end_process(pid, *ticks))
    log_error(component, "{}: process {} does not end, though it was killed: it hangs in the kernel",
              place_.id, pid);
  if (pid == child_) {
    ::waitpid(std::exchange(child_, 0), nullptr, WNOHANG);
    if (!child_answered_) failures_ += 1;
  }
}

void replica_keeper::announce(std::int64_t incarnation, std::int64_t now_ms) {
  if (record_ && record_->pid == child_) child_answered_ = true;
  failures_ = 0;
  not_before_ms_ = 0;
  log_info(component, "{}: incarnation {} answers", place_.id, incarnation);
  tools_.note(replica_started{place_.id, incarnation, tools_.by});
  announced_ = incarnation;
  announced_ms_ = now_ms;
}

void replica_keeper::remove_old(std::int64_t incarnation) {
  for (const std::int64_t old : incarnations_kept(place_)) {
    if (old >= incarnation) continue;
    std::error_code failed;
    std::filesystem::remove_all(place_.folder_of(old), failed);
    if (failed)
      log_warning(component, "{}: {} cannot be removed: {}", place_.id, place_.folder_of(old),
                  failed.message());
  }
}

void replica_keeper::keep_cluster_file_true(std::int64_t now_ms) {
  constexpr std::int64_t compare_ms = 1'000;
  if (!record_ || (record_->pid == told_pid_ && now_ms - told_ms_ < compare_ms)) return;
  if (!is_alive(*record_)) return;
  told_pid_ = record_->pid;
  told_ms_ = now_ms;
  const result<bool> kept = tools_.cluster.keep_true(process_name_, record_->pid, command_of(record_->pid));
  const std::string problem = kept ? std::string() : kept.error().message;
  if (!problem.empty() && problem != cluster_file_problem_) log_warning(component, "{}", problem);
  cluster_file_problem_ = problem;
}

std::string replica_keeper::report(const replica_ledger::replica& wanted) const {
  json_writer out;
  out.open_object().field("failed_starts", failures_).field("id", place_.id);
  out.field("incarnation", wanted.incarnation).field("misses", wanted.misses).name("process");
  if (record_) {
    out.open_object().field("incarnation", record_->incarnation).field("pid", record_->pid).close_object();
  } else {
    out.raw("null");
  }
  out.field("reason", wanted.reason).field("state", to_string(wanted.state)).field("strikes", wanted.strikes);
  return out.close_object().take();
}

}  // namespace marquee::booking
