#include "booking_app/front_end/record_followers.h"

#include <utility>

#include "base/file_system.h"
#include "base/logging.h"
#include "booking_app/front_end/stream_message.h"

namespace marquee::booking {
namespace {

/// What of the history is read for streams that come back after a restart.
constexpr std::uint64_t refill_bytes = std::uint64_t{8} << 20;

}  // namespace

result<std::unique_ptr<record_followers>> record_followers::open(net::event_loop& loop,
                                                                 const std::string& data_dir) {
  file_system& files = system_file_system();
  if (const result<> made = files.create_directories(data_dir); !made) return fail(made, data_dir);
  auto past = history::open(files, data_dir + "/history", {});
  if (!past) return fail(past);
  return std::unique_ptr<record_followers>(new record_followers(loop, std::move(*past)));
}

machine record_followers::begin(std::optional<machine> from_snapshot) {
  if (from_snapshot && from_snapshot->next_offset() > past_->next_offset()) {
    log_info("booking.front_end",
             "the history ends at offset {}, before the snapshot's {}: all records are read again",
             past_->next_offset(), from_snapshot->next_offset());
    from_snapshot.reset();
  }
  machine chosen = from_snapshot ? std::move(*from_snapshot) : machine();
  if (const result<> cut = past_->cut_back(chosen.next_offset()); !cut)
    log_error("booking.front_end", "the history cannot be written: {}", cut.error().message);
  refill_live(chosen.next_offset());
  return chosen;
}

void record_followers::refill_live(std::int64_t next_offset) {
  live_.begin_behind(next_offset - 1);
  const auto tail = past_->read_tail(history_kind::events, refill_bytes);
  if (!tail) {
    log_warning("booking.front_end", "streams begin anew: {}", tail.error().message);
    return;
  }
  live_.begin_behind(tail->behind);
  for (const history_entry& entry : tail->entries)
    live_.add(entry.offset, stream_messages(entry.offset, events_within(entry.text)));
  live_.add(next_offset - 1, {});
}

void record_followers::note(const record& what, const outcome& of) {
  past_->add(history_of(what, of), what.offset + 1);
  live_.add(of.offset, stream_messages(of.offset, of.events));
}

}  // namespace marquee::booking
