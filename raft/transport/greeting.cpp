#include "raft/transport/greeting.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>

#include "base/random.h"
#include "raft/transport/frame_io.h"

namespace marquee::raft {

namespace {

std::unexpected<greeting_failure> broken(error why) {
  return std::unexpected(greeting_failure{std::move(why)});
}

std::unexpected<greeting_failure> refused(std::string text) {
  return std::unexpected(
      greeting_failure{.why = error{error_code::refused, std::move(text)}, .refused = true});
}

/// The other side said no.
std::unexpected<greeting_failure> refused_by_peer(hello_verdict verdict, bool proven) {
  const bool superseded = proven && (verdict == hello_verdict::superseded || verdict == hello_verdict::twin);
  return std::unexpected(greeting_failure{
      .why = error{error_code::refused,
                   fmt::format("the other side refused this broker: {}", to_string(verdict))},
      .superseded = superseded,
      .refused = true});
}

std::string describe(const introduction& peer) {
  return fmt::format("broker {} of cluster {} (boot {}, protocol versions {} to {})", to_string(peer.self),
                     to_string(peer.cluster_id), peer.boot.value(), peer.version_least, peer.version_most);
}

net::task<result<shared_bytes>> read_hello(net::stream& connection, net::deadline end) {
  result<received_frame> frame = co_await read_frame(connection, largest_hello_bytes, end);
  if (!frame) co_return fail(frame);
  if (frame->type != frame_type::hello)
    co_return fail(error_code::corrupt, "a frame came before the hello was done");
  co_return std::move(frame->payload);
}

net::task<result<>> write_hello(net::stream& connection, bytes_view payload, net::deadline end) {
  const std::array<bytes_view, 1> parts{payload};
  const result<> written = co_await write_frame(connection, frame_type::hello, parts, end);
  co_return written;
}

introduction with_fresh_nonce(introduction own) {
  fill_from_system(own.nonce);
  return own;
}

/// After the hello.
greeting_result<peer_identity> identity_of(const greeting_context& context, const introduction& peer) {
  if (const hello_verdict verdict = context.judge(peer); verdict != hello_verdict::welcome)
    return refused(fmt::format("refused {}: {}", describe(peer), to_string(verdict)));
  return peer_identity{.replica = peer.self,
                       .process = {peer.boot, peer.process},
                       .version = common_version(context.own, peer),
                       .features = context.own.features & peer.features};
}

}  // namespace

net::task<greeting_result<peer_identity>> greet_as_connecting(net::stream& connection,
                                                              const greeting_context& context,
                                                              broker_id expected) {
  const net::deadline end = net::deadline::in_ms(context.timeout_ms);
  const introduction own = with_fresh_nonce(context.own);
  const bytes first = encode_introduction(own);
  if (const result<> sent = co_await write_hello(connection, first, end); !sent)
    co_return broken(sent.error());
  const result<shared_bytes> second = co_await read_hello(connection, end);
  if (!second) co_return broken(second.error());
  if (is_verdict(*second)) {
    const result<verdict_message> answer = decode_verdict(*second);
    if (!answer) co_return broken(answer.error());
    co_return refused_by_peer(answer->verdict, false);
  }
  const result<introduction> peer = decode_introduction(*second);
  if (!peer) co_return broken(peer.error());

  // Our proof comes first: the accepting side says nothing that needs a proof to somebody without one.
  verdict_message own_verdict{.verdict = judge_introduction(own, *peer)};
  if (own_verdict.verdict == hello_verdict::welcome && peer->self.broker != expected)
    own_verdict.verdict = hello_verdict::wrong_broker;
  if (own_verdict.verdict == hello_verdict::welcome) own_verdict.verdict = context.judge(*peer);
  own_verdict.proof = prove(context.secret, hello_side::connecting, own_verdict.verdict, first, *second);
  const bytes third = encode_verdict(own_verdict);
  if (const result<> sent = co_await write_hello(connection, third, end); !sent)
    co_return broken(sent.error());
  if (own_verdict.verdict != hello_verdict::welcome)
    co_return refused(
        fmt::format("{} is not what is wanted there: {}", describe(*peer), to_string(own_verdict.verdict)));

  const result<shared_bytes> fourth = co_await read_hello(connection, end);
  if (!fourth) co_return broken(fourth.error());
  const result<verdict_message> answer = decode_verdict(*fourth);
  if (!answer) co_return broken(answer.error());
  const bool proven = net::equal_in_constant_time(
      answer->proof, prove(context.secret, hello_side::accepting, answer->verdict, first, *second));
  if (answer->verdict != hello_verdict::welcome) co_return refused_by_peer(answer->verdict, proven);
  if (!proven)
    co_return refused(fmt::format("{}: {}", describe(*peer), to_string(hello_verdict::wrong_secret)));
  co_return identity_of(context, *peer);
}

net::task<greeting_result<peer_identity>> greet_as_accepting(net::stream& connection,
                                                             const greeting_context& context) {
  const net::deadline end = net::deadline::in_ms(context.timeout_ms);
  const result<shared_bytes> first = co_await read_hello(connection, end);
  if (!first) co_return broken(first.error());
  const result<introduction> peer = decode_introduction(*first);
  if (!peer) co_return broken(peer.error());
  const introduction own = with_fresh_nonce(context.own);
  if (const hello_verdict verdict = judge_introduction(own, *peer); verdict != hello_verdict::welcome) {
    const bytes answer = encode_verdict({.verdict = verdict});
    static_cast<void>(co_await write_hello(connection, answer, end));
    co_return refused(fmt::format("refused {}: {}", describe(*peer), to_string(verdict)));
  }
  const bytes second = encode_introduction(own);
  if (const result<> sent = co_await write_hello(connection, second, end); !sent)
    co_return broken(sent.error());

  const result<shared_bytes> third = co_await read_hello(connection, end);
  if (!third) co_return broken(third.error());
  const result<verdict_message> theirs = decode_verdict(*third);
  if (!theirs) co_return broken(theirs.error());
  const bool proven = net::equal_in_constant_time(
      theirs->proof, prove(context.secret, hello_side::connecting, theirs->verdict, *first, second));
  verdict_message answer{.verdict = hello_verdict::wrong_secret};
  if (proven) {
    answer.verdict = context.judge(*peer);
    answer.proof = prove(context.secret, hello_side::accepting, answer.verdict, *first, second);
    if (theirs->verdict != hello_verdict::welcome) co_return refused_by_peer(theirs->verdict, true);
  }
  const bytes fourth = encode_verdict(answer);
  if (const result<> sent = co_await write_hello(connection, fourth, end); !sent)
    co_return broken(sent.error());
  if (answer.verdict != hello_verdict::welcome)
    co_return refused(fmt::format("refused {}: {}", describe(*peer), to_string(answer.verdict)));
  co_return identity_of(context, *peer);
}

}  // namespace marquee::raft
