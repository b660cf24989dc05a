#include "kafka/wire_writer.h"

#include <limits>
#include <utility>

#include "base/assert.h"

namespace marquee::kafka {

void wire_writer::put_count(std::int64_t count) {
  if (form_ == wire_form::flexible)
    out().put_uvarint(static_cast<std::uint64_t>(count + 1));
  else
    out().put(static_cast<std::int32_t>(count));
}

void wire_writer::put_text(std::string_view field) {
  if (form_ == wire_form::flexible) {
    out().put_uvarint(field.size() + 1);
  } else {
    // Longer texts can only be error messages that quote input: cutting one is better than a frame that lies.
    field = field.substr(0, std::numeric_limits<std::int16_t>::max());
    out().put(static_cast<std::int16_t>(field.size()));
  }
  out().put_bytes(as_bytes(field));
}

void wire_writer::text(const std::optional<std::string>& field, nulls policy) {
  if (field) return put_text(*field);
  if (policy == nulls::refused) return put_text({});
  if (form_ == wire_form::flexible)
    out().put_uvarint(0);
  else
    out().put<std::int16_t>(-1);
}

void wire_writer::classic_text(const std::optional<std::string>& field) {
  const wire_form form = std::exchange(form_, wire_form::classic);
  text(field);
  form_ = form;
}

void wire_writer::records(const std::optional<byte_chain>& field) {
  if (!field) return put_count(-1);
  put_count(static_cast<std::int64_t>(field->size()));
  for (const shared_bytes& part : field->parts) {
    if (part.size() < copy_below_bytes) {
      out().put_bytes(part);
    } else {
      flush_buffer();
      done_.append(part);
    }
  }
}

void wire_writer::flush_buffer() {
  if (!buffer_.empty()) done_.append(shared_bytes::of(std::exchange(buffer_, {})));
}

byte_chain wire_writer::finish() {
  flush_buffer();
  return std::exchange(done_, {});
}

wire_message wire_writer::finish_frame() {
  const byte_chain body = finish();
  const std::size_t size = body.size();
  MARQUEE_ASSERT(size <= std::numeric_limits<std::int32_t>::max(),
                 "a Kafka message is longer than its length field can say");
  // The prefix joins the first part, which the writer has just made and nobody else holds: it is short.
  bytes first;
  first.reserve(4 + (body.parts.empty() ? 0 : body.parts.front().size()));
  byte_writer out(first);
  out.put(static_cast<std::int32_t>(size));
  wire_message message;
  std::size_t next = 0;
  if (!body.parts.empty() && body.parts.front().size() < 64 * copy_below_bytes) {
    out.put_bytes(body.parts.front());
    next = 1;
  }
  message.append(shared_bytes::of(std::move(first)));
  for (; next < body.parts.size(); ++next) message.append(body.parts[next]);
  return message;
}

}  // namespace marquee::kafka
