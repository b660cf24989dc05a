#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "booking_app/machine/step.h"

// Changes that several commands and expiries share. Each leaves seats, holders and events in agreement.
namespace marquee::booking {

void set_seats(step& now, show& of, const std::vector<seat_id>& seats, seat_state state,
               entity_id holder = {});
/// Moves the show's version on and says what happened to the seats.
void announce_seats(step& now, show& of, std::string_view type, std::string_view client,
                    const std::vector<seat_id>& seats, std::string_view holder_field = {},
                    std::string_view holder = {});

/// Ends live holds, all for one reason: their seats become AVAILABLE, each hold has its event, each show one
/// for its seats.
void end_holds(step& now, const std::vector<entity_id>& ids, hold_state how, std::string_view client);

/// A booking of seats that are AVAILABLE or the client's own. The client's admission to the show is used up.
const booking& book(step& now, show& of, entity_id id, const std::string& client, priced_seats seats);
/// Gives seats of a booking back; without seats it is cancelled. Returns what was paid for them.
std::int64_t give_back(step& now, show& of, const booking& from, const std::vector<seat_id>& seats);

/// Whoever waits longest takes the places that are free in front of a show.
void admit_waiting(step& now, std::string_view show_id);
/// The client has what it came for: its admission is over.
void use_admission(step& now, const show& of, std::string_view client);

/// Gives every lock that nobody holds and whose delay is over to its first waiter, by name.
void grant_free_locks(step& now);
/// Ends a wait: each `lock.acquire` that asked for it gets `content` as its stored answer and a second reply.
void end_wait(step& now, const lock_waiter& waiter, const answer& content);

enum class session_end : std::uint8_t { closed, expired };
/// Takes the places where the sessions wait away: lock queues, waiting lists, admission queues.
void end_waiting_of(step& now, std::int64_t session);
/// What ended with a session, for the answer to who closed it.
struct session_remains {
  std::vector<entity_id> holds;
  std::vector<std::string> locks;
};
/// Ends what the session holds, then the session. Its waiting places must be gone.
session_remains end_session(step& now, std::int64_t session, session_end how);

/// Serves the waiting lists: strictly in order, show by show.
void make_offers(step& now);

}  // namespace marquee::booking
