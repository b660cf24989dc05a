#include "raft/transport/frame_io.h"

#include <utility>
#include <vector>

#include "base/crc32c.h"
#include "net/buffered_reader.h"

namespace marquee::raft {

template <class Source>
net::task<result<received_frame>> read_frame(Source& from, std::size_t limit_bytes, net::deadline end) {
  encoded_frame_header raw{};
  const result<> got = co_await from.read_exactly(raw, end);
  if (!got) co_return fail(got);
  const result<frame_header> header = decode_frame_header(raw, limit_bytes);
  if (!header) co_return fail(header);
  bytes payload(header->payload_bytes);
  if (!payload.empty()) {
    const result<> body = co_await from.read_exactly(payload, net::deadline::in_ms(frame_body_timeout_ms));
    if (!body) co_return fail(body, "in the middle of a frame");
  }
  if (crc32c(payload) != header->payload_checksum)
    co_return fail(error_code::corrupt, "the checksum of a frame does not match");
  co_return received_frame{header->type, shared_bytes::of(std::move(payload))};
}

template net::task<result<received_frame>> read_frame(net::stream&, std::size_t, net::deadline);
template net::task<result<received_frame>> read_frame(net::buffered_reader&, std::size_t, net::deadline);

net::task<result<>> write_frame(net::stream& to, frame_type type, std::span<const bytes_view> parts,
                                net::deadline end) {
  const encoded_frame_header header = encode_frame_header(type, parts);
  std::vector<bytes_view> all;
  all.reserve(parts.size() + 1);
  all.emplace_back(header);
  all.insert(all.end(), parts.begin(), parts.end());
  const result<> written = co_await to.write(all, end);
  co_return written;
}

}  // namespace marquee::raft
