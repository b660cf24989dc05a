#include "net/http_writer.h"

namespace marquee::net {
namespace {

bool is_token(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && others.find(c) == std::string_view::npos) return false;
  }
  return !name.empty();
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
  for (const char c : value) out += (static_cast<unsigned char>(c) < 32 && c != '\t') || c == 127 ? ' ' : c;
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
