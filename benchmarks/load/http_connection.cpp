#include "benchmarks/load/http_connection.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <cstring>

namespace marquee::load {

namespace http = boost::beast::http;

class http_connection::answer_parser {
 public:
  answer_parser() { begin(); }

  void begin() {
    parser_.emplace();
    parser_->body_limit(boost::none);
    parser_->header_limit(65536);
    parser_->eager(true);
  }

  /// How many bytes of `data` it took. Interim answers are passed over.
  std::size_t put(const char* data, std::size_t size, boost::system::error_code& problem) {
    std::size_t taken = parser_->put(boost::asio::const_buffer(data, size), problem);
    if (!problem && parser_->is_done() && parser_->get().result_int() < 200) begin();
    if (problem == http::error::need_more) problem = {};
    return taken;
  }

  /// The end of the connection may be the end of the answer.
  bool ends_with_connection() {
    boost::system::error_code problem;
    if (!parser_->got_some() || !parser_->is_header_done()) return false;
    parser_->put_eof(problem);
    return !problem && parser_->is_done();
  }

  [[nodiscard]] bool is_done() const { return parser_->is_done(); }
  [[nodiscard]] bool keeps_connection() const { return parser_->get().keep_alive(); }
  [[nodiscard]] http_answer answer() const {
    return {static_cast<int>(parser_->get().result_int()), parser_->get().body()};
  }

 private:
  std::optional<http::response_parser<http::string_body>> parser_;
};

std::optional<http_target> resolve_target(std::string_view text) {
  if (text.starts_with("http://")) text.remove_prefix(7);
  text = text.substr(0, text.find('/'));
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string host(text.substr(0, colon));
  const std::string port(text.substr(colon + 1));
  if (getaddrinfo(host.c_str(), port.c_str(), &wanted, &found) != 0 || found == nullptr) return std::nullopt;
  http_target target{.host_header = std::string(text)};
  std::memcpy(&target.address, found->ai_addr, found->ai_addrlen);
  target.address_bytes = found->ai_addrlen;
  freeaddrinfo(found);
  return target;
}

http_connection::http_connection(int epoll, const http_target& target, std::uint32_t number)
    : epoll_(epoll),
      target_(target),
      number_(number),
      parser_(std::make_unique<answer_parser>()),
      buffer_(16384) {}

http_connection::~http_connection() {
  close();
}

void http_connection::open() {
  socket_ = socket(target_.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return fail(std::string("no socket: ") + std::strerror(errno));
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.u32 = number_}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, socket_, &event);
  connecting_ = true;
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&target_.address), target_.address_bytes) == 0)
    connecting_ = false;
  else if (errno != EINPROGRESS)
    fail(std::string("cannot connect: ") + std::strerror(errno));
}

void http_connection::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  connecting_ = false;
  held_ = 0;
}

void http_connection::fail(const std::string& why) {
  close();
  if (busy_) failure_ = why;
  busy_ = false;
}

void http_connection::abandon() {
  close();
  failure_.clear();
  busy_ = false;
}

void http_connection::start(http_request_text request) {
  request_ = request;
  sent_ = 0;
  busy_ = true;
  failure_.clear();
  parser_->begin();
  if (socket_ < 0) open();
  if (busy_ && !connecting_) send_rest();
}

void http_connection::send_rest() {
  const std::size_t all = request_.head.size() + request_.tail.size();
  while (sent_ < all) {
    iovec parts[2];
    int count = 0;
    const auto add = [&](std::string_view part, std::size_t skip) {
      if (skip < part.size()) parts[count++] = {const_cast<char*>(part.data()) + skip, part.size() - skip};
    };
    add(request_.head, sent_);
    add(request_.tail, sent_ < request_.head.size() ? 0 : sent_ - request_.head.size());
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = static_cast<std::size_t>(count);
    const ssize_t sent = sendmsg(socket_, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0 && errno == EINTR) continue;
    // A server may answer before it has read all and then close: what it said is read first.
    if (sent < 0) return;
    sent_ += static_cast<std::size_t>(sent);
  }
}

std::optional<http_answer> http_connection::advance() {
  if (socket_ < 0) return std::nullopt;
  if (connecting_) {
    int problem = 0;
    socklen_t size = sizeof problem;
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &problem, &size);
    sockaddr_storage peer{};
    socklen_t peer_size = sizeof peer;
    if (problem == 0 && getpeername(socket_, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0)
      return std::nullopt;
    if (problem != 0) {
      fail(std::string("cannot connect: ") + std::strerror(problem));
      return std::nullopt;
    }
    connecting_ = false;
  }
  if (busy_) send_rest();
  return read_on();
}

std::optional<http_answer> http_connection::read_on() {
  for (;;) {
    if (held_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
    const ssize_t got = recv(socket_, buffer_.data() + held_, buffer_.size() - held_, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return std::nullopt;
    if (got <= 0) {
      if (got == 0 && busy_ && parser_->ends_with_connection()) {
        busy_ = false;
        close();
        return parser_->answer();
      }
      fail(got == 0 ? "connection closed before the answer"
                    : std::string("connection broken: ") + std::strerror(errno));
      return std::nullopt;
    }
    held_ += static_cast<std::size_t>(got);
    if (!busy_) {
      close();  // an answer that nobody asked for: such a connection is not used again
      return std::nullopt;
    }
    std::size_t taken = 0;
    while (taken < held_ && !parser_->is_done()) {
      boost::system::error_code problem;
      const std::size_t more = parser_->put(buffer_.data() + taken, held_ - taken, problem);
      if (problem) {
        fail("not an HTTP answer: " + problem.message());
        return std::nullopt;
      }
      if (more == 0) break;
      taken += more;
    }
    std::memmove(buffer_.data(), buffer_.data() + taken, held_ - taken);
    held_ -= taken;
    if (!parser_->is_done()) continue;
    busy_ = false;
    if (held_ > 0 || !parser_->keeps_connection()) close();
    return parser_->answer();
  }
}

}  // namespace marquee::load
