#pragma once

#include <cstdint>

#include "write_manager/manager_context.h"

namespace marquee::write_manager {

/// Logs producers and consumers that have not been heard of for `activity.silent_ms`, each once until it is
/// heard again, at most twenty lines a look. Every manager keeps count, so that a new controller does not say
/// it again; only the controller logs. What was silent already when this manager started is one line.
class silence_watch {
 public:
  explicit silence_watch(manager_context& context) : context_(context) {}
  /// After the activity of other managers was read, on the manager's loop.
  void look(bool is_controller);

 private:
  manager_context& context_;
  bool looked_before_ = false;
};

}  // namespace marquee::write_manager
