#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>

namespace marquee::client {

/// Ends the calls of one or several connections from another thread, long polls too: a call under way ends as
/// if its connection had failed, later ones end with CANCELLED. For ever; whoever stops owns one and names it
/// in the `client_options` of what is to be stopped. Thread-safe.
class interruption {
 public:
  /// A call that was just about to begin is missed: call again until the thread that makes the calls is back.
  void interrupt();
  [[nodiscard]] bool is_requested() const { return requested_; }

 private:
  friend class http_session;
  /// `stop` is called by `interrupt` until `forget` has returned.
  void watch(const void* whose, std::function<void()> stop);
  void forget(const void* whose);

  std::atomic<bool> requested_ = false;
  std::mutex mutex_;
  std::map<const void*, std::function<void()>> connections_;
};

}  // namespace marquee::client
