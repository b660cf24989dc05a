#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "client/api_failure.h"
#include "client/message.h"

namespace marquee::client {

/// What became of the messages of one batch while it is sent, in parts and again; pure. A message is *open*
/// until it is stored or refused for good. What is stored stays stored whatever a later answer says, and a
/// message that may have been stored once keeps that mark until it is known to be.
class batch_progress {
 public:
  /// Messages `first` to `end` - 1.
  struct range {
    std::size_t first = 0;
    std::size_t end = 0;
  };

  explicit batch_progress(std::size_t count);

  /// From the first open message to the last one. What lies between and is stored is sent along: it is
  /// answered as a duplicate, and the order within a partition cannot change.
  [[nodiscard]] std::optional<range> open() const;
  /// The answers to the messages from `first` on.
  void note(std::size_t first, std::vector<outcome<stored_message>> answers);
  /// The request with these messages failed as a whole.
  void note_failure(range sent, const api_failure& failure);
  /// The failure of the first open message of `sent` that an attempt was made for.
  [[nodiscard]] const api_failure* open_failure(range sent) const;
  [[nodiscard]] std::vector<outcome<stored_message>> take() { return std::move(results_); }

 private:
  bool is_open(std::size_t place) const { return !results_[place] && results_[place].error().retriable; }

  std::vector<outcome<stored_message>> results_;
};

}  // namespace marquee::client
