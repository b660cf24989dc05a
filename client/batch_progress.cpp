#include "client/batch_progress.h"

#include <utility>

namespace marquee::client {

namespace {

api_failure not_attempted() {
  return {.code = "NOT_ATTEMPTED",
          .message = "not sent, because a message before it in the batch could not be stored",
          .component = "client",
          .retriable = true};
}

}  // namespace

batch_progress::batch_progress(std::size_t count) : results_(count, std::unexpected(not_attempted())) {}

std::optional<batch_progress::range> batch_progress::open() const {
  std::optional<range> found;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    if (!is_open(i)) continue;
    if (!found) found = range{i, i};
    found->end = i + 1;
  }
  return found;
}

void batch_progress::note(std::size_t first, std::vector<outcome<stored_message>> answers) {
  for (std::size_t i = 0; i < answers.size() && first + i < results_.size(); ++i) {
    auto& known = results_[first + i];
    if (!is_open(first + i)) continue;
    const bool may_be_stored = known.error().outcome == request_outcome::unknown;
    known = std::move(answers[i]);
    if (!known && may_be_stored) known.error().outcome = request_outcome::unknown;
  }
}

void batch_progress::note_failure(range sent, const api_failure& failure) {
  note(sent.first, std::vector<outcome<stored_message>>(sent.end - sent.first, std::unexpected(failure)));
}

const api_failure* batch_progress::open_failure(range sent) const {
  for (std::size_t i = sent.first; i < sent.end; ++i)
    if (is_open(i)) return &results_[i].error();
  return nullptr;
}

}  // namespace marquee::client
