#include "booking_app/front_end/command_record.h"

#include "booking_app/machine/json_writer.h"

namespace marquee::booking {

std::string record_text(const command_draft& command, std::string_view reply_to) {
  json_writer out;
  out.open_object();
  if (command.ack_below) out.field("ack_below", *command.ack_below);
  out.raw_field("body", command.body).field("client_id", command.client_id);
  if (command.idem_key) out.field("idem_key", *command.idem_key);
  if (command.lock) {
    out.name("lock").open_object().field("name", command.lock->first);
    out.field("token", command.lock->second).close_object();
  }
  out.field("reply_to", reply_to);
  if (command.seq) out.field("seq", *command.seq);
  if (command.session_id) out.field("session_id", *command.session_id);
  out.field("type", command.type).field("v", 1).close_object();
  return out.take();
}

}  // namespace marquee::booking
