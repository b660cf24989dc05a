#include "client/api_failure.h"

namespace marquee::client {

std::string to_string(const api_failure& failure) {
  std::string text = failure.message.empty() ? "the request failed" : failure.message;
  text += " [" + failure.code;
  if (failure.status != 0) text += ", HTTP " + std::to_string(failure.status);
  if (!failure.component.empty()) text += ", from " + failure.component;
  if (failure.outcome == request_outcome::unknown) text += ", it may still have taken effect";
  if (!failure.request_id.empty()) text += ", request " + failure.request_id;
  return text + "]";
}

}  // namespace marquee::client
