#include "net/deadline_queue.h"

namespace marquee::net {

void deadline_queue::add(deadline_entry& entry, deadline end) {
  if (end.is_never()) return;
  entry.when_ = end.when();
  entries_.insert(entry);
  if (entry.when_ < armed_for_) arm(entry.when_);
}

void deadline_queue::arm(deadline::time_point when) {
  armed_for_ = when;
  timer_.expires_at(when);
  timer_.async_wait([this](const boost::system::error_code& ec) {
    if (!ec) on_timer();
  });
}

void deadline_queue::on_timer() {
  armed_for_ = deadline::time_point::max();
  const auto now = std::chrono::steady_clock::now();
  while (!entries_.empty() && entries_.begin()->when_ <= now) {
    deadline_entry& passed = *entries_.begin();
    passed.take_out();
    passed.on_deadline();
  }
  if (!entries_.empty() && entries_.begin()->when_ < armed_for_) arm(entries_.begin()->when_);
}

}  // namespace marquee::net
