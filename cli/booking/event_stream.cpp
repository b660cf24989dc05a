#include "cli/booking/event_stream.h"

namespace marquee::cli {

bool event_stream_reader::take(std::string_view piece) {
  while (!piece.empty()) {
    const std::size_t end = piece.find('\n');
    line_ += piece.substr(0, end);
    if (line_.size() + data_.size() > longest_bytes) return false;
    if (end == std::string_view::npos) return true;
    piece.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    take_line(line_);
    line_.clear();
  }
  return true;
}

void event_stream_reader::take_line(std::string_view line) {
  if (line.empty()) {
    if (has_data_) on_event_({last_id_, event_.empty() ? "message" : event_, data_});
    event_.clear();
    data_.clear();
    has_data_ = false;
    return;
  }
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "id") last_id_ = value;
  if (name == "event") event_ = value;
  if (name != "data") return;
  if (has_data_) data_ += '\n';
  data_ += value;
  has_data_ = true;
}

void event_stream_reader::begin_again() {
  line_.clear();
  event_.clear();
  data_.clear();
  has_data_ = false;
}

}  // namespace marquee::cli
