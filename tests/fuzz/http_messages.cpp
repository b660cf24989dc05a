// The HTTP parser: however a message is cut into pieces, it is understood alike, and within its limits.

#include "net/http_parser.h"
#include "tests/fuzz/fuzz_input.h"

using namespace marquee;
using namespace marquee::net;

namespace {

constexpr parse_limits limits{.header_section_bytes = 2048, .body_bytes = 4096};

struct understood {
  bool failed = false;
  int problem = 0;
  bool done = false;
  std::string method, target, body;
  std::size_t fields = 0;
  std::size_t taken = 0;
  bool operator==(const understood&) const = default;
};

template <bool is_request>
understood parse(std::string_view data, std::size_t piece) {
  message_parser<is_request> parser(limits);
  understood found;
  std::size_t arrived = 0;
  while (arrived < data.size() && !parser.done()) {
    arrived = std::min(data.size(), arrived + piece);
    // A copy of its own size: a read past it is noticed.
    const std::string waiting(data.substr(found.taken, arrived - found.taken));
    const std::optional<std::size_t> taken = parser.put(waiting);
    if (!taken) {
      found.failed = true;
      found.problem = parser.problem().status;
      return found;
    }
    fuzz::require(*taken <= waiting.size(), "no more is taken than there is");
    found.taken += *taken;
  }
  found.done = parser.done();
  fuzz::require(parser.body.size() <= limits.body_bytes, "a body is bounded");
  if (!found.done) return found;
  found.method = parser.method;
  found.target = parser.target;
  found.body = parser.body;
  found.fields = parser.headers.size();
  return found;
}

template <bool is_request>
void parse_in_pieces(std::string_view data, std::size_t piece) {
  const understood whole = parse<is_request>(data, data.size());
  const understood pieces = parse<is_request>(data, piece);
  if (whole.done && pieces.done) fuzz::require(whole == pieces, "a message does not depend on how it is cut");
  fuzz::require(whole.done == pieces.done || whole.failed || pieces.failed,
                "a message ends however it is cut");
  fuzz::require(!(whole.done && pieces.failed) && !(pieces.done && whole.failed),
                "a message is refused however it is cut");
  if constexpr (is_request) {
    if (!whole.done) return;
    fuzz::require(whole.body.size() + whole.method.size() + whole.target.size() <= whole.taken,
                  "nothing is made up");
    http_request request{.method = whole.method, .target = whole.target};
    if (!split_target(request)) return;
    const auto again = percent_decode(percent_encode(request.path));
    fuzz::require(again && *again == request.path, "percent-encoding is undone by decoding");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::fuzz_input input(data, size);
  const bool is_request = input.choose(4) != 0;
  const std::size_t piece = 1 + input.choose(16);
  if (is_request)
    parse_in_pieces<true>(input.text(), piece);
  else
    parse_in_pieces<false>(input.text(), piece);
  return 0;
}
