#include "kafka/wire_reader.h"

namespace marquee::kafka {

shared_bytes wire_reader::take(std::uint64_t size) {
  if (size > in_.remaining()) {
    in_.fail();
    return {};
  }
  const std::size_t position = in_.position();
  (void)in_.get_bytes(size);
  return frame_.slice(position, size);
}

std::int64_t wire_reader::length_of_text() {
  const std::int64_t length =
      form_ == wire_form::flexible
          ? static_cast<std::int64_t>(std::min<std::uint64_t>(in_.get_uvarint(), 1ULL << 40)) - 1
          : in_.get<std::int16_t>();
  if (length < -1) in_.fail();
  return length;
}

std::int64_t wire_reader::array_count() {
  const std::int64_t count =
      form_ == wire_form::flexible
          ? static_cast<std::int64_t>(std::min<std::uint64_t>(in_.get_uvarint(), 1ULL << 40)) - 1
          : in_.get<std::int32_t>();
  if (count < -1) in_.fail();
  return count;
}

void wire_reader::text(std::string& field) {
  const std::int64_t length = length_of_text();
  if (length < 0) return in_.fail();
  field = as_text(in_.get_bytes(static_cast<std::size_t>(length)));
}

void wire_reader::text(std::optional<std::string>& field, nulls policy) {
  const std::int64_t length = length_of_text();
  field.reset();
  if (length >= 0)
    field = as_text(in_.get_bytes(static_cast<std::size_t>(length)));
  else if (policy == nulls::refused)
    in_.fail();
}

void wire_reader::classic_text(std::optional<std::string>& field) {
  const wire_form form = form_;
  form_ = wire_form::classic;
  text(field);
  form_ = form;
}

void wire_reader::records(std::optional<byte_chain>& field) {
  const std::int64_t length = array_count();
  field.reset();
  if (length >= 0) field.emplace(take(static_cast<std::uint64_t>(length)));
}

}  // namespace marquee::kafka
