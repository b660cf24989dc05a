#include "net/http_parser.h"

#include <boost/beast/http/error.hpp>

namespace http = boost::beast::http;

namespace marquee::net {
namespace {

/// A body grows with what arrives, not with what was announced.
constexpr std::size_t first_body_reservation = 64 * 1024;
constexpr std::size_t smallest_last_chunk_bytes = 5;  // "0", CR LF, CR LF
/// The bytes of a chunk's header line, or of a trailer, that may wait for their end.
constexpr std::size_t max_chunk_header_bytes = 16 * 1024;

std::string text_of(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

template <bool is_request>
bool message_parser<is_request>::header_lines_are_sound(std::string_view data) {
  if (guard_.at_end()) return true;
  const std::string_view unseen = data.substr(std::min(guarded_, data.size()));
  guarded_ = data.size();
  if (guard_.look_at(unseen)) return true;
  refuse(400, "BAD_REQUEST", std::string(guard_.problem()));
  return false;
}

template <bool is_request>
std::optional<std::size_t> message_parser<is_request>::put(std::string_view data) {
  if (!header_lines_are_sound(data)) return std::nullopt;
  std::size_t taken = 0;
  while (!this->is_done() && taken < data.size()) {
    // Beast asserts that the last chunk is not offered in smaller pieces; without it no message is complete.
    if (this->is_header_done() && this->chunked() && data.size() - taken < smallest_last_chunk_bytes) break;
    const bool was_in_header = !this->is_header_done();
    error_code ec;
    const std::size_t count =
        base::put(boost::asio::const_buffer(data.data() + taken, data.size() - taken), ec);
    taken += count;
    const std::size_t left = data.size() - taken;
    if (was_in_header) {
      // A call that ended the header may have taken body bytes too: those are counted off.
      header_bytes_ += count - std::min(count, body.size());
      if (header_bytes_ + (this->is_header_done() ? 0 : left) > limits_.header_section_bytes)
        ec = http::error::header_limit;
    } else if (ec == http::error::need_more &&
               (left > max_chunk_header_bytes || line_guard::has_lone_line_feed(data.substr(taken)))) {
      ec = http::error::bad_chunk;
    }
    if (ec == http::error::need_more) break;
    if (ec) {
      explain(ec);
      return std::nullopt;
    }
  }
  guarded_ -= std::min(guarded_, taken);
  return taken;
}

template <bool is_request>
bool message_parser<is_request>::put_end() {
  if (this->is_done()) return true;
  if (!this->got_some()) return false;
  error_code ec;
  this->put_eof(ec);
  return !ec;
}

template <bool is_request>
void message_parser<is_request>::on_request_impl(verb, string_view method_text, string_view target_text,
                                                 int version, error_code&) {
  method = text_of(method_text);
  target = text_of(target_text);
  version_ = version;
}

template <bool is_request>
void message_parser<is_request>::on_response_impl(int code, string_view, int version, error_code&) {
  status = code;
  version_ = version;
}

template <bool is_request>
void message_parser<is_request>::on_field_impl(field, string_view name, string_view value, error_code& ec) {
  if (in_trailer_) return;  // trailers are read and dropped
  headers.add(text_of(name), text_of(value));
  if (headers.size() > 256) {
    refuse(431, "HEADERS_TOO_LARGE", "the request has more than 256 header fields");
    ec = http::error::header_limit;
  }
}

template <bool is_request>
void message_parser<is_request>::on_header_impl(error_code& ec) {
  in_trailer_ = true;
  const std::string_view problem = problem_of_header();
  if (problem.empty()) return;
  refuse(400, "BAD_REQUEST", std::string(problem));
  ec = http::error::bad_field;
}

/// What whoever stands before or behind us could understand otherwise.
template <bool is_request>
std::string_view message_parser<is_request>::problem_of_header() const {
  if (const std::string* encoding = headers.find("Transfer-Encoding")) {
    if (!equals_ignoring_case(*encoding, "chunked") || headers.count("Transfer-Encoding") > 1 ||
        headers.has("Content-Length") || (is_request && version_ < 11))
      return "Transfer-Encoding must be 'chunked' alone, in HTTP/1.1, without Content-Length";
  }
  if (const std::string* length = headers.find("Content-Length")) {
    if (headers.count("Content-Length") > 1 || length->find_first_not_of("0123456789") != std::string::npos)
      return "Content-Length must be given once, in decimal digits";
  }
  if (!is_request) return {};
  const std::size_t hosts = headers.count("Host");
  if (hosts > 1 || (hosts == 0 && version_ >= 11)) return "a request needs one Host field";
  return {};
}

template <bool is_request>
void message_parser<is_request>::on_body_init_impl(const boost::optional<std::uint64_t>& length,
                                                   error_code&) {
  if (length)
    body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, first_body_reservation)));
}

template <bool is_request>
std::size_t message_parser<is_request>::on_body_impl(string_view data, error_code&) {
  body.append(data.data(), data.size());
  return data.size();
}

template <bool is_request>
std::size_t message_parser<is_request>::on_chunk_body_impl(std::uint64_t, string_view data, error_code&) {
  body.append(data.data(), data.size());
  return data.size();
}

template <bool is_request>
void message_parser<is_request>::refuse(int status_code, std::string code, std::string message) {
  problem_ = {status_code, std::move(code), std::move(message)};
  refused_ = true;
}

template <bool is_request>
void message_parser<is_request>::explain(const error_code& ec) {
  if (refused_) return;
  const std::string bytes = " bytes";
  if (ec == http::error::header_limit)
    return refuse(
        431, "HEADERS_TOO_LARGE",
        "the header section is larger than " + std::to_string(limits_.header_section_bytes) + bytes);
  if (ec == http::error::body_limit)
    return refuse(413, "BODY_TOO_LARGE",
                  "the body is larger than " + std::to_string(limits_.body_bytes) + bytes);
  if (ec == http::error::bad_version)
    return refuse(400, "BAD_REQUEST", "not an HTTP/1.0 or HTTP/1.1 message");
  refuse(400, "BAD_REQUEST", "not a valid HTTP message: " + ec.message());
}

template class message_parser<true>;
template class message_parser<false>;

}  // namespace marquee::net
