#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "net/http_message.h"
#include "net/line_guard.h"

/// HTTP messages out of bytes. For the .cpp files of net/ only.
namespace marquee::net {

/// Why a message was refused: an answer for a server, a text for a client.
struct parse_problem {
  int status = 400;
  std::string code = "BAD_REQUEST";
  std::string message = {};
};

struct parse_limits {
  std::size_t header_section_bytes = 64 * 1024;
  std::uint64_t body_bytes = 8 * 1024 * 1024;
};

/// Feeds Beast's parser and keeps what it finds. `is_request` as in Beast. Used for one message.
template <bool is_request>
class message_parser : private boost::beast::http::basic_parser<is_request> {
  using base = boost::beast::http::basic_parser<is_request>;

 public:
  explicit message_parser(const parse_limits& limits) : limits_(limits) {
    this->eager(true);
    this->header_limit(static_cast<std::uint32_t>(limits.header_section_bytes));
    this->body_limit(limits.body_bytes);
  }
  /// The answer to a HEAD: no body whatever Content-Length says.
  void expect_no_body() { this->skip(true); }

  /// Takes what it can from the front of `data`; the rest must be offered again, with more behind it. Nothing
  /// on failure: then `problem()` says why.
  std::optional<std::size_t> put(std::string_view data);
  /// The other side has finished. False if the message is not complete.
  bool put_end();

  [[nodiscard]] bool header_done() const { return this->is_header_done(); }
  [[nodiscard]] bool done() const { return this->is_done(); }
  [[nodiscard]] bool wants_keep_alive() const { return this->keep_alive(); }
  [[nodiscard]] bool is_http_1_1() const { return version_ >= 11; }
  [[nodiscard]] const parse_problem& problem() const { return problem_; }

  std::string method;
  std::string target;
  int status = 0;
  http_headers headers;
  std::string body;

 private:
  using string_view = boost::beast::string_view;
  using error_code = boost::beast::error_code;
  using verb = boost::beast::http::verb;
  using field = boost::beast::http::field;

  void on_request_impl(verb, string_view method_text, string_view target_text, int version,
                       error_code&) override;
  void on_response_impl(int code, string_view, int version, error_code&) override;
  void on_field_impl(field, string_view name, string_view value, error_code&) override;
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override;
  std::size_t on_body_impl(string_view data, error_code&) override;
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view data, error_code&) override;
  void on_finish_impl(error_code&) override {}

  /// Shows the guard what it has not seen of a header section that begins with `data`.
  [[nodiscard]] bool header_lines_are_sound(std::string_view data);
  [[nodiscard]] std::string_view problem_of_header() const;
  void refuse(int status_code, std::string code, std::string message);
  void explain(const error_code& ec);

  parse_limits limits_;
  line_guard guard_;
  std::size_t guarded_ = 0;  ///< bytes at the front of the next `put` that the guard has seen
  parse_problem problem_;
  bool refused_ = false;
  bool in_trailer_ = false;
  int version_ = 11;
  std::size_t header_bytes_ = 0;
};

extern template class message_parser<true>;
extern template class message_parser<false>;

}  // namespace marquee::net
