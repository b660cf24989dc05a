#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "booking_app/front_end/live_changes.h"
#include "net/deadline.h"
#include "net/http_body_source.h"

namespace marquee::booking {

struct change_stream_options {
  show_selection shows{};
  /// The newest offset that the client has seen; nothing for one that comes anew.
  std::optional<std::int64_t> seen{};
  std::int64_t comment_ms = 15'000;
  /// How long an offset may lie ahead of this front end: the client saw it at another one.
  std::int64_t catch_up_ms = 5'000;
  std::size_t piece_bytes = 64 * 1024;
};

/// One client's server-sent events, as a body that is made while it is sent. Keeps a position in
/// `live_changes` and nothing else; a client that falls further behind than what is kept there, comes back
/// too late, or with an offset that this log does not have, is told `reset` and goes on at the end. Besides
/// messages it sends a comment with the newest offset, so that also a client without news resumes where it
/// was. On the front end's loop.
class change_stream final : public net::http_body_source {
 public:
  /// `place`: released at the end.
  change_stream(live_changes& changes, change_stream_options options, std::shared_ptr<void> place);

  net::task<std::optional<std::string>> next(std::stop_token ended) override;

 private:
  net::task<std::string> greet(std::stop_token ended);
  std::string comment();
  std::string reset();

  live_changes& changes_;
  const change_stream_options options_;
  const std::shared_ptr<void> place_;
  bool greeted_ = false;
  std::uint64_t position_ = 0;
  net::deadline next_comment_;
};

}  // namespace marquee::booking
