#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "booking_app/log/command_feed.h"
#include "booking_app/machine/machine.h"

namespace marquee::booking {

/// Stands in for `booking.cmd` and for the replicas: numbers records, applies them to a machine of its own
/// and knows the digest after each.
class log_writer {
 public:
  logged_message append(std::string text, std::int64_t after_ms = 1) {
    timestamp_ms_ += after_ms;
    logged_message message{next_offset_++, timestamp_ms_, 0, std::move(text)};
    last_ = machine_.apply({message.offset, message.timestamp_ms, as_bytes(message.value)});
    digests_.push_back(to_text(last_.digest));
    return message;
  }
  logged_message open_session(const std::string& client, std::int64_t sequence,
                              std::int64_t lease_ms = 12'000) {
    return append(R"({"v":1,"type":"session.open","client_id":")" + client + R"(","seq":)" +
                  std::to_string(sequence) + R"(,"reply_to":"fe-1","body":{"lease_ms":)" +
                  std::to_string(lease_ms) + "}}");
  }
  logged_message tick(std::int64_t after_ms) {
    return append(R"({"v":1,"type":"tick","body":{}})", after_ms);
  }

  [[nodiscard]] const std::string& digest_at(std::int64_t offset) const {
    return digests_[static_cast<std::size_t>(offset)];
  }
  [[nodiscard]] const outcome& last() const { return last_; }
  [[nodiscard]] std::int64_t newest() const { return next_offset_ - 1; }
  [[nodiscard]] const machine& replica() const { return machine_; }

 private:
  std::int64_t next_offset_ = 0;
  std::int64_t timestamp_ms_ = 1'000'000;
  machine machine_;
  outcome last_;
  std::vector<std::string> digests_;
};

}  // namespace marquee::booking
