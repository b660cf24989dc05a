#include "net/read_ahead.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <utility>

#include "base/assert.h"
#include "net/event_loop_state.h"
#include "net/stream_state.h"

namespace asio = boost::asio;

namespace marquee::net {

void read_ahead::start(std::size_t bound) {
  bound_ = bound;
  if (!reading_ && !ended_ && data().size() < bound_) begin_read();
}

void read_ahead::begin_read() {
  if (source_->closed_here) {
    ended_ = true;
    return;
  }
  reading_ = true;
  if (chunk_.size() != next_chunk_bytes_) {
    chunk_.resize(next_chunk_bytes_);
    chunk_.shrink_to_fit();
  }
  source_->socket.async_read_some(
      asio::buffer(chunk_),
      [self = shared_from_this()](const boost::system::error_code& ec, std::size_t count) {
        self->reset_ = ec && ec != asio::error::eof;
        self->on_read(static_cast<bool>(ec), count);
      });
}

void read_ahead::on_read(bool failed, std::size_t count) {
  reading_ = false;
  received_ += count;
  if (consumed_ > 0 && consumed_ * 2 >= buffer_.size()) {
    buffer_.erase(0, consumed_);
    consumed_ = 0;
  }
  buffer_.append(chunk_.data(), count);
  if (failed) {
    ended_ = true;
    if (reset_)
      end_.request_stop();
    else if (watching_)
      begin_probe();
  } else if (data().size() < bound_) {
    begin_read();
  }
  if (waiting_ != nullptr) waiting_->look();
}

bool read_ahead::anything_waits() const {
  if (!data().empty()) return true;
  boost::system::error_code ec;
  return !source_->closed_here && source_->socket.available(ec) > 0 && !ec;
}

void read_ahead::watch_end(std::string probe) {
  probe_ = std::move(probe);
  watching_ = true;
  if (ended_ && !reset_) begin_probe();
}

void read_ahead::begin_probe() {
  if (std::exchange(probing_, true)) return;
  if (!probe_timer_) probe_timer_ = std::make_unique<asio::steady_timer>(source_->socket.get_executor());
  probe_timer_->expires_after(std::chrono::milliseconds(probe_.empty() ? gone_after_ms : probe_after_ms));
  probe_timer_->async_wait([weak = weak_from_this()](const boost::system::error_code& ec) {
    const auto self = weak.lock();
    if (ec || !self) return;
    self->probing_ = false;
    if (self->watching_ && !self->source_->closed_here) self->send_probe();
  });
}

void read_ahead::send_probe() {
  if (probe_.empty()) return request_end();
  source_->socket.async_wait(asio::ip::tcp::socket::wait_error,
                             [self = shared_from_this()](const boost::system::error_code& ec) {
                               if (ec) return;  // closed here
                               self->reset_ = true;
                               self->request_end();
                             });
  send_now(probe_);
}

void read_ahead::send_now(const std::string& text) {
  // Into an empty buffer it fits whole; with anything else under way there is no need for it.
  if (source_->unconfirmed() == 0)
    (void)::send(source_->socket.native_handle(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void read_ahead::watch_end_no_more() {
  watching_ = false;
  ++watches_;
  life_timer_.reset();
}

void read_ahead::show_life(std::string sign, std::int64_t interval_ms) {
  if (!watching_ || sign.empty()) return;
  life_sign_ = std::move(sign);
  life_sign_every_ms_ = interval_ms;
  life_timer_ = std::make_unique<asio::steady_timer>(source_->socket.get_executor());
  show_life_later();
}

void read_ahead::show_life_later() {
  life_timer_->expires_after(std::chrono::milliseconds(life_sign_every_ms_));
  life_timer_->async_wait([weak = weak_from_this(), watch = watches_](const boost::system::error_code& ec) {
    const auto self = weak.lock();
    if (ec || !self || self->watches_ != watch || self->reset_ || self->source_->closed_here) return;
    self->send_now(self->life_sign_);
    self->show_life_later();
  });
}

void read_ahead::consume(std::size_t count) {
  consumed_ += count;
  if (consumed_ < buffer_.size()) return;
  consumed_ = 0;
  buffer_.clear();
  if (buffer_.capacity() > 128 * 1024) buffer_.shrink_to_fit();
}

read_ahead::data_wait read_ahead::wait_for_data(std::size_t beyond, deadline end) {
  return data_wait(shared_from_this(), beyond, end);
}

bool read_ahead::data_wait::settled() {
  if (source_->data().size() > beyond_)
    outcome_ = event::data;
  else if (source_->ended_)
    outcome_ = event::ended;
  else
    return false;
  return true;
}

bool read_ahead::data_wait::await_ready() {
  if (settled()) return true;
  source_->start(std::max(source_->bound_, beyond_ + 1));
  return settled();
}

void read_ahead::data_wait::await_suspend(std::coroutine_handle<> caller) {
  MARQUEE_ASSERT(source_->waiting_ == nullptr, "one waits at a time");
  caller_ = caller;
  source_->waiting_ = this;
  event_loop::state::current().deadlines.add(*this, end_);
}

void read_ahead::data_wait::look() {
  if (!settled()) return;
  source_->waiting_ = nullptr;
  take_out();
  caller_.resume();
}

void read_ahead::data_wait::on_deadline() {
  source_->waiting_ = nullptr;
  if (!settled()) outcome_ = event::deadline_passed;
  caller_.resume();
}

}  // namespace marquee::net
