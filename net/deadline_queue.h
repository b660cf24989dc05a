#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/set.hpp>

#include "net/deadline.h"

/// For the .cpp files of net/ only.
namespace marquee::net {

/// Something that waits with an end. Taken out of its queue when it is destroyed.
class deadline_entry
    : public boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  deadline_entry() = default;
  deadline_entry(const deadline_entry&) = delete;
  deadline_entry& operator=(const deadline_entry&) = delete;

  /// Called once, on the loop, when the end has come; the entry is out of the queue by then.
  virtual void on_deadline() = 0;
  /// Does nothing if it is in no queue.
  void take_out() {
    if (is_linked()) unlink();
  }

 protected:
  ~deadline_entry() = default;

 private:
  friend class deadline_queue;
  deadline::time_point when_{};
};

/// The deadlines of one loop. One timer serves all of them, and it is moved only for an end that is earlier
/// than every other: nearly every wait of a request ends long before its deadline, and costs the system
/// nothing then. On the loop's thread only.
class deadline_queue {
 public:
  explicit deadline_queue(boost::asio::io_context& io) : timer_(io) {}

  /// `entry` must be in no queue. One that never ends is not kept.
  void add(deadline_entry& entry, deadline end);

 private:
  struct earlier {
    bool operator()(const deadline_entry& a, const deadline_entry& b) const { return a.when_ < b.when_; }
  };
  using entry_set = boost::intrusive::multiset<deadline_entry, boost::intrusive::compare<earlier>,
                                               boost::intrusive::constant_time_size<false>>;

  void arm(deadline::time_point when);
  void on_timer();

  entry_set entries_;
  boost::asio::steady_timer timer_;
  deadline::time_point armed_for_ = deadline::time_point::max();
};

}  // namespace marquee::net
