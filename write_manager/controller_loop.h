#pragma once

#include <memory>

#include "db/controller_lock.h"
#include "write_manager/manager_context.h"

namespace marquee::write_manager {

class topic_creator;

/// What the elected write manager does besides (DESIGN D16, D17): tells brokers the topics, and makes
/// `__consumer_offsets` as soon as there are enough brokers. Compares what is wanted with what brokers are
/// known to have, every time something changed and at least ten times a second; each step can be repeated.
/// Acts only while `lock` is held. Coroutines on the manager's loop.
class controller_loop {
 public:
  /// Everything given must outlive the loop's thread.
  controller_loop(manager_context& context, db::controller_lock& lock, topic_creator& topics);
  ~controller_loop();
  controller_loop(const controller_loop&) = delete;
  controller_loop& operator=(const controller_loop&) = delete;

  void start();
  void stop();
  /// This manager is the controller.
  [[nodiscard]] bool in_office() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace marquee::write_manager
