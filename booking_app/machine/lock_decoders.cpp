#include "base/base64.h"
#include "booking_app/machine/body_decoders.h"
#include "booking_app/machine/identifier_rules.h"
#include "booking_app/machine/settings.h"

namespace marquee::booking {
namespace {

std::string_view read_lock_name(field_reader& body) {
  const std::string_view name = body.text("name");
  if (!body.failed() && !is_valid_name(name)) body.refuse("name", "is no name of a lock");
  return name;
}

/// Any integer is well formed; whether it is a token says the lock.
std::int64_t read_token(field_reader& body) {
  return body.integer("token", -largest_integer, largest_integer);
}

std::optional<std::int64_t> read_ttl(field_reader& body) {
  return body.optional_integer("ttl_ms", 1, longest_lock_ttl_ms);
}

}  // namespace

command_body decode_lock_acquire(field_reader& body) {
  lock_acquire acquired;
  acquired.name = read_lock_name(body);
  acquired.ttl_ms = read_ttl(body);
  acquired.wait = body.flag_or("wait", true);
  acquired.max_wait_ms = body.optional_integer("max_wait_ms", 1, largest_integer);
  return acquired;
}

command_body decode_lock_renew(field_reader& body) {
  lock_renew renewed;
  renewed.name = read_lock_name(body);
  renewed.token = read_token(body);
  renewed.ttl_ms = read_ttl(body);
  return renewed;
}

command_body decode_lock_append(field_reader& body) {
  lock_append appended;
  appended.name = read_lock_name(body);
  appended.token = read_token(body);
  appended.target = body.text("target");
  if (!body.failed() && !is_valid_lock_file(appended.target))
    body.refuse("target", "is no name of a lock file: [A-Za-z0-9._-]{1,128}");
  const std::string_view encoded = body.text("data_b64");
  if (body.failed()) return appended;
  auto data = base64_decode(encoded);
  if (!data) body.refuse("data_b64", "is not base64");
  if (data) appended.data = std::move(*data);
  return appended;
}

command_body decode_lock_release(field_reader& body) {
  lock_release released;
  released.name = read_lock_name(body);
  released.token = read_token(body);
  released.commit = body.flag_or("commit", true);
  return released;
}

command_body decode_lock_break(field_reader& body) {
  lock_break broken;
  broken.name = read_lock_name(body);
  broken.reason = body.text("reason");
  return broken;
}

}  // namespace marquee::booking
