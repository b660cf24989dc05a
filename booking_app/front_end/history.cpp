#include "booking_app/front_end/history.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/logging.h"
#include "net/future.h"

namespace marquee::booking {
namespace {

std::size_t weight(const history_entry& entry) {
  return sizeof(history_entry) + entry.keys.size() * sizeof(history_key) + entry.text.size();
}

}  // namespace

result<std::unique_ptr<history>> history::open(file_system& files, const std::string& path, limits bounds) {
  auto content = history_file::open(files, path);
  if (!content) return fail(content);
  return std::unique_ptr<history>(new history(std::move(*content), bounds));
}

history::history(history_file content, limits bounds)
    : bounds_(bounds), next_offset_(content.next_offset()), content_(std::move(content)) {}

history::~history() {
  // What was added is worth a write: it need not be derived again.
  loop_.run_and_wait([this] { write_waiting(); });
  loop_.stop();
}

result<> history::cut_back(std::int64_t offset) {
  const result<> cut = content_.cut_back(offset);
  next_offset_ = content_.next_offset();
  return cut;
}

result<history_file::tail> history::read_tail(history_kind kind, std::uint64_t most_bytes) const {
  return content_.read_tail(kind, most_bytes);
}

void history::on_written(history_kind kind, std::function<void()> listener) {
  listeners_.emplace_back(kind, std::move(listener));
}

void history::add(std::vector<history_entry> entries, std::int64_t next_offset) {
  std::unique_lock lock(mutex_);
  if (waiting_bytes_ > bounds_.most_waiting_bytes)
    written_.wait_for(lock, std::chrono::milliseconds(bounds_.patience_ms),
                      [this] { return ended_ || waiting_bytes_ <= bounds_.most_waiting_bytes; });
  if (!ended_ && waiting_bytes_ > bounds_.most_waiting_bytes) {
    log_error(
        "booking.front_end",
        "the disk does not keep up with the history: it ends here; /v1/audit answers 503 and events are "
        "not published until this front end is started again");
    ended_ = true;
    waiting_ = {};
  }
  if (ended_) return;
  for (history_entry& entry : entries) {
    waiting_bytes_ += weight(entry);
    waiting_.push_back(std::move(entry));
  }
  waiting_offset_ = next_offset;
  if (!std::exchange(write_is_due_, true)) loop_.post([this] { write_waiting(); });
}

void history::write_waiting() {
  std::vector<history_entry> batch;
  std::int64_t offset = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(write_is_due_, false) || ended_) return;
    batch.swap(waiting_);
    offset = waiting_offset_;
    waiting_bytes_ = 0;
  }
  written_.notify_all();
  if (const result<> written = content_.append(batch, offset); !written) {
    log_error("booking.front_end",
              "the history ends: {}; /v1/audit answers 503 and events are not published until this front end "
              "is started again with room on its disk",
              written.error().message);
    const std::lock_guard lock(mutex_);
    ended_ = true;
    waiting_ = {};
    return;
  }
  for (const auto& [kind, listener] : listeners_)
    if (std::ranges::count(batch, kind, &history_entry::kind) > 0) listener();
}

net::task<result<history_page>> history::read(history_query query, net::deadline end,
                                              std::stop_token cancel) {
  net::promise<history_page> answer;
  net::future<history_page> page = answer.get_future();
  loop_.post([this, answer, query = std::move(query)] { answer.set(read_now(query)); });
  co_return co_await page.wait(end, cancel);
}

result<history_page> history::read_blocking(const history_query& query) {
  result<history_page> page = history_page{};
  loop_.run_and_wait([&] { page = read_now(query); });
  return page;
}

result<history_page> history::read_now(const history_query& query) const {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return fail(error_code::unavailable, "the history is incomplete until this process restarts");
  }
  return content_.read(query);
}

std::size_t history::waiting_bytes() const {
  const std::lock_guard lock(mutex_);
  return waiting_bytes_;
}

}  // namespace marquee::booking
