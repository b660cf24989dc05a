#include "booking_app/machine/event_list.h"

#include "booking_app/machine/entity_id.h"

namespace marquee::booking {

void write_seats(json_writer& out, const std::vector<seat_id>& seats) {
  out.open_array();
  for (const seat_id seat : seats) out.value(to_text(seat));
  out.close_array();
}

void event_list::seats(std::string_view type, std::string_view show, std::int64_t version,
                       std::string_view client, const std::vector<seat_id>& changed,
                       std::string_view holder_field, std::string_view holder) {
  out_.open_object();
  if (holder_field == "booking_id") out_.field("booking_id", holder);
  out_.field("client_id", client);
  if (holder_field == "hold_id") out_.field("hold_id", holder);
  out_.name("seats");
  write_seats(out_, changed);
  out_.field("show_id", show).field("type", type).field("version", version).close_object();
}

void event_list::show(std::string_view type, std::string_view show, std::int64_t version) {
  out_.open_object().field("show_id", show).field("type", type).field("version", version).close_object();
}

void event_list::session(std::string_view type, std::string_view client, std::int64_t session) {
  out_.open_object().field("client_id", client).field("session_id", session_text(session));
  out_.field("type", type).close_object();
}

void event_list::hold(std::string_view type, std::string_view client, std::string_view hold,
                      std::string_view show) {
  out_.open_object().field("client_id", client).field("hold_id", hold).field("show_id", show);
  out_.field("type", type).close_object();
}

void event_list::lock(std::string_view type, std::string_view name, const lock_grant& grant) {
  out_.open_object().field("client_id", grant.client).field("name", name);
  out_.field("session_id", session_text(grant.session)).field("token", grant.token);
  out_.field("type", type).close_object();
}

void event_list::lock_file(std::string_view lock, std::string_view target, std::int64_t bytes) {
  out_.open_object().field("bytes", bytes).field("name", lock).field("target", target);
  out_.field("type", "lockfile.appended").close_object();
}

void event_list::booking_cancelled(std::string_view client, std::string_view booking, std::string_view show,
                                   std::int64_t refund_cents) {
  out_.open_object().field("booking_id", booking).field("client_id", client);
  out_.field("refund_cents", refund_cents).field("show_id", show);
  out_.field("type", "booking.cancelled").close_object();
}

void event_list::booking_moved(std::string_view client, std::string_view booking, std::string_view from,
                               std::string_view to, const std::vector<seat_id>& seats) {
  out_.open_object().field("booking_id", booking).field("client_id", client).field("from_show_id", from);
  out_.name("seats");
  write_seats(out_, seats);
  out_.field("show_id", to).field("type", "booking.moved").close_object();
}

void event_list::waiting_list(std::string_view type, std::string_view client, std::string_view show,
                              std::int64_t n) {
  out_.open_object().field("client_id", client).field("n", n).field("show_id", show);
  out_.field("type", type).close_object();
}

void event_list::offered(std::string_view client, std::string_view hold, std::string_view show,
                         std::int64_t expires_in_ms, const std::vector<seat_id>& seats) {
  out_.open_object().field("client_id", client).field("expires_in_ms", expires_in_ms).field("hold_id", hold);
  out_.name("seats");
  write_seats(out_, seats);
  out_.field("show_id", show).field("type", "waitlist.offered").close_object();
}

void event_list::admitted(std::string_view client, std::string_view show, std::string_view token) {
  out_.open_object().field("client_id", client).field("show_id", show).field("token", token);
  out_.field("type", "queue.admitted").close_object();
}

}  // namespace marquee::booking
