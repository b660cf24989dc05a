#include "booking_app/machine/answer_code.h"

#include <array>

namespace marquee::booking {
namespace {

struct code_text {
  std::string_view name;
  std::string_view sentence;
};

constexpr std::array texts = {
    code_text{"SESSION_OPENED", ""},
    code_text{"TOUCHED", ""},
    code_text{"CLOSED", ""},
    code_text{"SHOW_ADDED", ""},
    code_text{"SHOW_UPDATED", ""},
    code_text{"SHOW_REMOVED", ""},
    code_text{"HELD", ""},
    code_text{"EXTENDED", ""},
    code_text{"RELEASED", ""},
    code_text{"BOOKED", ""},
    code_text{"RESERVED", ""},
    code_text{"CANCELLED", ""},
    code_text{"EXCHANGED", ""},
    code_text{"QUEUED", ""},
    code_text{"LEFT", ""},
    code_text{"BLOCKED", ""},
    code_text{"UNBLOCKED", ""},
    code_text{"ADMITTED", ""},
    code_text{"WAITING", ""},
    code_text{"GRANTED", ""},
    code_text{"RENEWED", ""},
    code_text{"STAGED", ""},
    code_text{"BROKEN", ""},
    code_text{"CONFIG_SET", ""},
    code_text{"BAD_COMMAND", "the record is no command"},
    code_text{"SEQ_TOO_OLD", "the answer to this sequence number is no longer kept"},
    code_text{"IDEMPOTENCY_MISMATCH", "the same sequence number or key came with another command before"},
    code_text{"NO_SUCH_SESSION", "there never was such a session"},
    code_text{"SESSION_EXPIRED", "the session has ended: open another one"},
    code_text{"NOT_OWNER", "it belongs to another client"},
    code_text{"NOT_ADMIN", "only administrators may do this"},
    code_text{"TOO_MANY_SESSIONS", "too many sessions are open"},
    code_text{"NO_SUCH_SHOW", "there is no such show"},
    code_text{"NO_SUCH_HOLD", "there is no such hold"},
    code_text{"NO_SUCH_BOOKING", "there is no such booking"},
    code_text{"NO_SUCH_LOCK", "nobody ever acquired this lock"},
    code_text{"HOLD_EXPIRED", "the hold has expired"},
    code_text{"ALREADY_CONFIRMED", "the hold has become a booking"},
    code_text{"ALREADY_RELEASED", "the hold was released"},
    code_text{"ALREADY_CANCELLED", "the booking was cancelled"},
    code_text{"SHOW_STARTED", "the show has started: seats cannot be given back"},
    code_text{"SHOW_CLOSED", "the show is closed"},
    code_text{"NOT_ADMITTED", "the show has a queue and it is not this client's turn"},
    code_text{"VERSION_MISMATCH", "the show has changed"},
    code_text{"DUPLICATE_SEAT", "a seat is listed twice"},
    code_text{"LIMIT", "more seats than one booking may have"},
    code_text{"HOLD_LIMIT", "longer than a hold may last"},
    code_text{"NO_SUCH_SEAT", "there is no such seat here"},
    code_text{"NOT_OCCUPIED", "a seat is not booked"},
    code_text{"SEAT_TAKEN", "a seat is taken"},
    code_text{"NOT_ENOUGH_SEATS", "not enough seats are free"},
    code_text{"ORPHAN_SEAT", "the choice would leave a single seat alone"},
    code_text{"SHOW_EXISTS", "there is such a show already"},
    code_text{"BAD_LAYOUT", "rows, columns, layout or categories do not fit together"},
    code_text{"CANNOT_SHRINK", "a show cannot lose rows"},
    code_text{"HAS_BOOKINGS", "the show has bookings"},
    code_text{"ALREADY_WAITING", "the client is on the waiting list of the show"},
    code_text{"NOT_SOLD_OUT", "as many seats are free"},
    code_text{"NOT_WAITING", "the client is not on the waiting list of the show"},
    code_text{"LOCK_HELD", "another session has the lock"},
    code_text{"NOT_HOLDER", "this session does not have the lock"},
    code_text{"LOCK_EXPIRED", "the lock was lost"},
    code_text{"STALE_TOKEN", "the token is not that of the lock's grant"},
    code_text{"TXN_TOO_BIG", "more data than one lock may stage"},
    code_text{"WAIT_TIMEOUT", "the lock was not granted in time"},
    code_text{"BAD_CONFIG", "no such key, or not a value for it"},
};
static_assert(texts.size() == static_cast<std::size_t>(answer_code::last) + 1);

}  // namespace

std::string_view to_string(answer_code code) {
  return texts[static_cast<std::size_t>(code)].name;
}

std::string_view explain(answer_code code) {
  return texts[static_cast<std::size_t>(code)].sentence;
}

}  // namespace marquee::booking
