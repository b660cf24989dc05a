#include "net/http_writer.h"

#include <algorithm>
#include <array>

namespace marquee::net {
namespace {

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (const char c :
       std::string_view("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&'*+-.^_`|~"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}

bool is_token(std::string_view name) {
  static constexpr std::array<bool, 256> table = make_token_table();
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return table[static_cast<unsigned char>(c)]; });
}

bool breaks_out(char c) {
  return (static_cast<unsigned char>(c) < 32 && c != '\t') || c == 127;
}

bool is_framing(std::string_view name) {
  for (const std::string_view ours :
       {"Content-Length", "Connection", "Transfer-Encoding", "Keep-Alive", "Expect"})
    if (equals_ignoring_case(name, ours)) return true;
  return false;
}

void put_field(std::string& out, std::string_view name, std::string_view value) {
  if (!is_token(name)) return;
  out.append(name).append(": ");
  const std::size_t begin = out.size();
  out.append(value);
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), breaks_out, ' ');
  out += "\r\n";
}

/// A target or method with a blank or control character would change the meaning of the line.
std::string without_blanks(std::string_view text) {
  std::string clean;
  for (const char c : text)
    if (static_cast<unsigned char>(c) > 32 && c != 127) clean += c;
  return clean;
}

bool may_have_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace

std::string write_response_header(const http_response& response, const response_framing& framing) {
  std::string out;
  out.reserve(256);
  out.append(framing.http_1_1 ? "HTTP/1.1 " : "HTTP/1.0 ")
      .append(std::to_string(response.status))
      .append(" ");
  out.append(http_status_text(response.status)).append("\r\n");
  for (const auto& [name, value] : response.headers)
    if (!is_framing(name) && !equals_ignoring_case(name, "X-Request-Id")) put_field(out, name, value);
  if (!framing.request_id.empty()) put_field(out, "X-Request-Id", framing.request_id);
  if (!framing.keep_alive)
    put_field(out, "Connection", "close");
  else if (!framing.http_1_1)
    put_field(out, "Connection", "keep-alive");
  if (framing.chunked) put_field(out, "Transfer-Encoding", "chunked");
  if (framing.with_length && may_have_body(response.status))
    put_field(out, "Content-Length", std::to_string(response.body.size()));
  return out += "\r\n";
}

std::string write_request_header(const http_request& request, const endpoint& where) {
  std::string out;
  out.reserve(512);
  const std::string target = without_blanks(request.target);
  out.append(is_token(request.method) ? request.method : "GET").append(" ");
  out.append(target.starts_with('/') ? target : "/" + target).append(" HTTP/1.1\r\n");
  if (!request.headers.has("Host")) put_field(out, "Host", to_string(where));
  for (const auto& [name, value] : request.headers)
    if (!is_framing(name)) put_field(out, name, value);
  const bool has_body = !request.body.empty() || (request.method != "GET" && request.method != "HEAD");
  if (has_body) put_field(out, "Content-Length", std::to_string(request.body.size()));
  return out += "\r\n";
}

}  // namespace marquee::net
