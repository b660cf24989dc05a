"""One record after the other: time, expiry, offers, then the command in the order of checks, then what it set free."""

from . import (
    admission, blocking, bookings, clock, configuration, dedup, envelope, exchange, expiry, form, holds, lock_use,
    locks, rights, sessions, show_removal, shows, waitlist,
)  # fmt: skip
from .answers import Answer, Refusal, reply_record, who_asked
from .state import Record, State

EXECUTE = {
    "session.open": sessions.open_session,
    "session.touch": sessions.touch,
    "session.close": sessions.close,
    "show.add": shows.add,
    "show.update": shows.update,
    "show.remove": show_removal.remove,
    "seat.hold": holds.hold,
    "hold.extend": holds.extend,
    "hold.release": holds.release,
    "booking.confirm": bookings.confirm,
    "seat.reserve": bookings.reserve,
    "seat.cancel": bookings.cancel_seats,
    "booking.cancel": bookings.cancel_booking,
    "booking.exchange": exchange.exchange,
    "multi.reserve": bookings.reserve_many,
    "waitlist.join": waitlist.join,
    "waitlist.leave": waitlist.leave,
    "seat.block": blocking.block,
    "seat.unblock": blocking.unblock,
    "queue.join": admission.join,
    "lock.acquire": locks.acquire,
    "lock.renew": lock_use.renew,
    "lock.append": lock_use.append,
    "lock.release": lock_use.release,
    "lock.break": lock_use.break_lock,
    "config.set": configuration.set_value,
    "tick": lambda state, record, command: Answer("TICK"),
    "sm.version": lambda state, record, command: Answer("VERSION"),
}


class Model:
    """The whole machine. Nothing outside the records comes in: no clock, no random number, no environment."""

    def __init__(self):
        self.state = State()

    def apply(self, offset, timestamp_ms, value):
        record = Record(offset, timestamp_ms)
        self.before_command(record)
        self.command(record, value)
        self.after_command(record)
        return {"time_ms": self.state.time_ms, "replies": record.replies, "events": record.events}

    def before_command(self, record):
        clock.advance(self.state, record.timestamp)
        expiry.run(self.state, record)
        waitlist.make_offers(self.state, record)

    def command(self, record, value):
        """The command's own answer is the first of the record's replies; what others are told comes after it."""
        try:
            command = envelope.decode(value)
        except form.BadCommand as wrong:
            body = {"message": str(wrong)}
            record.replies.insert(0, reply_record(record, self.state.time_ms, {}, "ERROR", "BAD_COMMAND", body))
            return
        if command.session is not None:
            sessions.renew_if_own(self.state, record, command.session, command.client)
        record.replies.insert(0, self.answer(record, command))

    def after_command(self, record):
        locks.grant_free(self.state, record)
        admission.admit_next(self.state, record)
        waitlist.make_offers(self.state, record)

    def answer(self, record, command):
        """Steps 2 and 3, whose refusals are not stored; then what is."""
        has_key = command.type not in envelope.EXEMPT
        try:
            stored = dedup.find(self.state, command) if has_key else None
            if stored is not None:
                return {**stored, "replayed": True}
            for session_id in (command.session, command.body.get("resume")):
                if session_id is not None:
                    sessions.check(self.state, record, session_id, command.client)
        except Refusal as refusal:
            return self.refused(record, command, refusal)
        reply = self.execute(record, command)
        if has_key:
            dedup.store(self.state, command, reply)
        return reply

    def execute(self, record, command):
        """Steps 4 to 15."""
        try:
            lock_use.check_of_record(self.state, command)
            rights.check(self.state, command)
            answer = EXECUTE[command.type](self.state, record, command)
        except Refusal as refusal:
            return self.refused(record, command, refusal)
        version = self.state.shows[answer.show]["version"] if answer.show else None
        return reply_record(record, self.state.time_ms, who_asked(command), "OK", answer.code, answer.body, version)

    def refused(self, record, command, refusal):
        who = who_asked(command)
        return reply_record(record, self.state.time_ms, who, "ERROR", refusal.code, refusal.body)
