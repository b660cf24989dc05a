#include "net/client_connection.h"

#include <array>

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

bool client_connection::reusable() const {
  return stream_.is_open() && keep_alive_ && !busy_ && !input_->ended() && input_->data().empty();
}

task<client_connection::attempt> client_connection::exchange(std::string header, const http_request& request,
                                                             deadline end, std::int64_t max_response_bytes,
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
  done.response = co_await read_response(request.method == "HEAD", end, max_response_bytes, on_interim);
  done.any_byte_received = input_->received() > received_before;
  if (!done.response) {
    if (!written && written.error().code != error_code::unavailable) done.response = fail(written);
    done.closed_by_server = done.response.error().code == error_code::unavailable && input_->ended();
    keep_alive_ = false;
  } else if (!written) {
    keep_alive_ = false;
  }
  busy_ = false;
  co_return done;
}

task<result<http_response>> client_connection::read_response(bool is_head, deadline end,
                                                             std::int64_t max_response_bytes,
                                                             const std::function<void(int)>& on_interim) {
  const std::string who = stream_.remote();
  for (std::size_t interims = 0; interims <= max_interim_answers; ++interims) {
    message_parser<false> parser({64 * 1024, static_cast<std::uint64_t>(max_response_bytes)});
    if (is_head) parser.expect_no_body();
    std::size_t waiting = 0;
    while (!parser.done()) {
      if (input_->data().size() > waiting) {
        const std::optional<std::size_t> taken = parser.put(input_->data());
        if (!taken) {
          const bool large = parser.problem().status == 413 || parser.problem().status == 431;
          co_return fail(large ? error_code::too_large : error_code::unavailable,
                         "the answer of " + who + ": " + parser.problem().message);
        }
        input_->consume(*taken);
        if (parser.done()) break;
        input_->expect_much(parser.header_done());
        waiting = input_->data().size();
      }
      const read_ahead::event event = co_await input_->wait_for_data(waiting, end);
      if (event == read_ahead::event::deadline_passed)
        co_return fail(error_code::timed_out, who + " did not answer within the deadline");
      if (event == read_ahead::event::ended) {
        if (!stream_.is_open()) co_return fail(error_code::cancelled, "the call was cancelled");
        if (!input_->was_reset() && parser.header_done() && parser.put_end()) break;
        co_return fail(error_code::unavailable,
                       who + " closed the connection before its answer was complete");
      }
    }
    input_->expect_much(false);
    if (parser.status / 100 == 1 && parser.status != 101) {
      if (on_interim) on_interim(parser.status);
      continue;
    }
    keep_alive_ = parser.wants_keep_alive();
    http_response response;
    response.status = parser.status;
    response.headers = std::move(parser.headers);
    response.body = std::move(parser.body);
    co_return response;
  }
  co_return fail(error_code::unavailable, who + " sent too many interim answers");
}

}  // namespace marquee::net
