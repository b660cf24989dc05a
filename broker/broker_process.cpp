#include "broker/broker_process.h"

#include <atomic>
#include <string>
#include <thread>

#include "base/logging.h"
#include "broker/broker_node.h"
#include "net/stop_signal.h"

namespace marquee::broker {

namespace {

std::string what_to_do(const error& why, const broker_options& options) {
  if (why.code != error_code::no_space) return "";
  return ". The disk of " + options.data_dir +
         " is full: free space there, or move the folder to a larger disk, and start this broker again; "
         "nothing "
         "that it holds was changed, other replicas go on meanwhile";
}

}  // namespace

int run_broker(const broker_options& options) {
  net::stop_signal signal;
  net::initialise_process_logging(options.process);
  auto node = broker_node::make(options);
  if (!node) {
    log_error("broker", "cannot start: {}", node.error().message);
    return 1;
  }
  // Waiting for an identity may take long: a signal must end it.
  std::atomic<bool> stopping = false;
  std::atomic<bool> failed = false;
  std::thread starter([&] {
    const auto started = (*node)->start([&] { return stopping.load(); });
    if (started || started.error().code == error_code::cancelled) return;
    log_error("broker", "cannot start: {}{}", started.error().message, what_to_do(started.error(), options));
    failed = true;
    net::stop_signal::request();
  });
  signal.wait();
  stopping = true;
  starter.join();
  log_info("broker", "stopping");
  (*node)->stop();
  log_info("broker", "stopped");
  return failed ? 1 : 0;
}

}  // namespace marquee::broker
