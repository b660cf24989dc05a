#include "net/client_connection.h"

#include <array>
#include <utility>

#include "net/http_parser.h"

namespace marquee::net {
namespace {

/// A long poll of half a minute whose server shows a few times per second that it runs stays below.
constexpr std::size_t max_interim_answers = 256;
/// What an early answer may take to arrive after the server has stopped reading the request.
constexpr std::int64_t early_answer_ms = 200;

}  // namespace

client_connection::client_connection(stream connected)
    : stream_(std::move(connected)), input_(std::make_shared<read_ahead>(stream_)) {
  input_->start();
}

client_connection::~client_connection() = default;

bool client_connection::reusable() const {
  return stream_.is_open() && keep_alive_ && !busy_ && !input_->ended() && input_->data().empty();
}

task<client_connection::attempt> client_connection::exchange(std::string header, const http_request& request,
                                                             deadline end, std::int64_t max_response_bytes,
                                                             const std::function<void(int)>& on_interim) {
  attempt done = co_await begin(std::move(header), request, end,
                                static_cast<std::uint64_t>(max_response_bytes), on_interim);
  if (!done.response) co_return done;
  if (const result<> read = co_await read_until(part::whole, done.body_end); !read) {
    done.response = fail(read);
    note_failure(done);
  } else {
    done.response->body = std::move(answer_->body);
  }
  busy_ = false;
  co_return done;
}

task<client_connection::attempt> client_connection::begin(std::string header, const http_request& request,
                                                          deadline end, std::uint64_t max_response_bytes,
                                                          const std::function<void(int)>& on_interim) {
  attempt done{.response = fail(error_code::internal, "not tried")};
  ++exchanges;
  busy_ = true;
  const std::uint64_t received_before = input_->received();
  if (input_->ended()) {
    done.closed_by_server = true;
    done.response = fail(error_code::unavailable, "the idle connection was closed by " + stream_.remote());
    co_return done;
  }
  const std::array<bytes_view, 2> parts{as_bytes(header), as_bytes(request.body)};
  done.sent_any_byte = true;  // from here on nothing proves the contrary
  const result<> written = co_await stream_.write(parts, end);
  // A server that refuses the request early answers and stops reading: the answer counts, not the failed
  // write.
  if (!written) end = end.earlier_of(deadline::in_ms(early_answer_ms));
  const result<> read = co_await read_header(request.method == "HEAD", end, max_response_bytes, on_interim);
  done.any_byte_received = input_->received() > received_before;
  if (!read) {
    done.response = written || written.error().code == error_code::unavailable
                        ? result<http_response>(fail(read))
                        : result<http_response>(fail(written));
    note_failure(done);
    busy_ = false;
    co_return done;
  }
  keep_alive_ = written && answer_->wants_keep_alive();
  done.body_end = end;
  done.response = http_response{.status = answer_->status, .headers = std::move(answer_->headers)};
  co_return done;
}

void client_connection::note_failure(attempt& done) {
  done.closed_by_server = done.response.error().code == error_code::unavailable && input_->ended();
  keep_alive_ = false;
}

task<result<>> client_connection::read_header(bool is_head, deadline end, std::uint64_t max_response_bytes,
                                              const std::function<void(int)>& on_interim) {
  for (std::size_t interims = 0; interims <= max_interim_answers; ++interims) {
    answer_ = std::make_unique<message_parser<false>>(parse_limits{64 * 1024, max_response_bytes});
    if (is_head) answer_->expect_no_body();
    if (result<> read = co_await read_until(part::header, end); !read) co_return read;
    if (answer_->status / 100 != 1 || answer_->status == 101) co_return result<>{};
    if (on_interim) on_interim(answer_->status);
  }
  co_return fail(error_code::unavailable, stream_.remote() + " sent too many interim answers");
}

bool client_connection::has(part wanted) const {
  if (wanted == part::header) return answer_->header_done();
  return answer_->done() || (wanted == part::piece && !answer_->body.empty());
}

task<result<>> client_connection::read_until(part wanted, deadline end) {
  std::size_t waiting = 0;
  while (!has(wanted)) {
    if (input_->data().size() > waiting) {
      const std::optional<std::size_t> taken = answer_->put(input_->data());
      if (!taken) {
        const bool large = answer_->problem().status == 413 || answer_->problem().status == 431;
        co_return fail(large ? error_code::too_large : error_code::unavailable,
                       "the answer of " + stream_.remote() + ": " + answer_->problem().message);
      }
      input_->consume(*taken);
      if (has(wanted)) break;
      input_->expect_much(answer_->header_done());
      waiting = input_->data().size();
    }
    const read_ahead::event event = co_await input_->wait_for_data(waiting, end);
    if (event == read_ahead::event::deadline_passed)
      co_return fail(error_code::timed_out, stream_.remote() + " did not answer within the deadline");
    if (event == read_ahead::event::ended) {
      if (!stream_.is_open()) co_return fail(error_code::cancelled, "the call was cancelled");
      if (!input_->was_reset() && answer_->header_done() && answer_->put_end()) break;
      co_return fail(error_code::unavailable,
                     stream_.remote() + " closed the connection before its answer was complete");
    }
  }
  input_->expect_much(false);
  co_return result<>{};
}

task<result<std::optional<std::string>>> client_connection::next_piece(deadline end) {
  if (const result<> read = co_await read_until(part::piece, end); !read) {
    if (read.error().code != error_code::timed_out) keep_alive_ = false;
    co_return fail(read);
  }
  if (answer_->body.empty()) {
    busy_ = false;
    co_return std::optional<std::string>();
  }
  co_return std::optional(std::exchange(answer_->body, std::string()));
}

}  // namespace marquee::net
