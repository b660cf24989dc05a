#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace marquee::cli {

/// A message of an event stream (Server-Sent Events, WHATWG HTML section 9.2).
struct stream_event {
  std::string id;     ///< of this message or the last one that had any
  std::string event;  ///< "message" if it says nothing
  std::string data;
};

/// Reads an event stream piece by piece, wherever the pieces were cut. Comments and what is unknown are
/// passed over. A message or line that grows beyond a megabyte ends it. Belongs to one thread.
class event_stream_reader {
 public:
  using listener = std::function<void(const stream_event&)>;

  explicit event_stream_reader(listener on_event) : on_event_(std::move(on_event)) {}

  /// False: this is no event stream.
  bool take(std::string_view piece);
  /// Where to go on after a lost connection; empty at first.
  [[nodiscard]] const std::string& last_id() const { return last_id_; }
  /// A new connection begins: what the last one left unfinished is dropped.
  void begin_again();

 private:
  static constexpr std::size_t longest_bytes = 1 << 20;

  void take_line(std::string_view line);

  listener on_event_;
  std::string line_;
  std::string event_;
  std::string data_;
  std::string last_id_;
  bool has_data_ = false;
};

}  // namespace marquee::cli
