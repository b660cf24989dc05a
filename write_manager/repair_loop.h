#pragma once

#include <memory>

#include "db/controller_lock.h"
#include "write_manager/manager_context.h"

namespace marquee::write_manager {

/// Keeps the states of the brokers, and as the controller acts on them (DESIGN D17): evicts, takes back, and
/// gives leadership back to the first voters. Looks four times a second on every write manager, so that a new
/// controller knows what happened; decides with `repair_plan`, and only while `lock` is held. What brokers
/// say about their partitions is asked every few seconds, by the controller alone. Logs each change of a
/// broker's state and each step. Coroutines on the manager's loop.
class repair_loop {
 public:
  /// Everything given must outlive the loop's thread.
  repair_loop(manager_context& context, db::controller_lock& lock);
  ~repair_loop();
  repair_loop(const repair_loop&) = delete;
  repair_loop& operator=(const repair_loop&) = delete;

  void start();
  void stop();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace marquee::write_manager
