#include "booking_app/machine/outcome.h"

#include "booking_app/machine/json_writer.h"

namespace marquee::booking {
namespace {

struct vote {
  std::string_view replica;
  std::string digest;
  std::string reply_hash;
};

std::string write(const outcome& of, const reply& one, const vote* by) {
  const bool is_first = &one == of.replies.data() && one.why != reply::cause::pushed;
  json_writer out;
  out.open_object().field("at_offset", of.offset);
  out.raw_field("body", one.content.body).field("client_id", one.client_id);
  out.field("code", to_string(one.content.code));
  if (by != nullptr) out.field("digest", by->digest);
  out.raw_field("events", is_first ? std::string_view(of.events) : "[]");
  if (!one.key.key.empty()) out.field("idem_key", one.key.key);
  out.field("offset", one.offset).field("replayed", one.why == reply::cause::replayed);
  if (by != nullptr) out.field("replica", by->replica).field("reply_hash", by->reply_hash);
  if (one.key.is_sequence()) out.field("seq", one.key.sequence);
  if (one.content.show_version) out.field("show_version", *one.content.show_version);
  out.field("status", status_text(one.content.code)).field("time_ms", of.time_ms).field("v", 1);
  out.close_object();
  return out.take();
}

}  // namespace

std::string_view status_text(answer_code code) {
  return is_success(code) ? "OK" : "ERROR";
}

std::string reply_text(const outcome& of, const reply& one) {
  return write(of, one, nullptr);
}

std::string vote_text(const outcome& of, const reply& one, std::string_view replica) {
  const vote by{replica, to_text(of.digest), to_text(hash_of(reply_text(of, one)))};
  return write(of, one, &by);
}

}  // namespace marquee::booking
