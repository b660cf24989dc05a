"""Judges what clients were told and what replicas voted against the log of commands: the invariants I1 to I12.

The log is the linearization. An independent model is fed with it, once and in order; every answer must be the model's answer
at that offset (I6), and only real time (I5) and that the log keeps what was answered (I4) come on top. Pure: whoever reads
topics and asks replicas gives it what he has got.
"""

import bisect
import collections
import json

from booking import answer_rules, ledgers, read_rules
from booking.indexed_model import IndexedModel
import specified_answers

MOST_PROBLEMS = 20
FULL_LOOK_EVERY = 1000


class LogJudge:
    """Takes the log and calls in any portions: first the calls that ended by then, then all records up to a later end."""

    def __init__(self):
        self.problems = []
        self.model = IndexedModel()
        self.ledgers = ledgers.Ledgers(self.problem)
        self.next_offset = 0
        self.replies = {}  # offset of a command -> the answers that it has had: the first, then what was pushed
        self.replies_at = {}  # offset of a record -> all that it caused, replays too
        self.events = {}  # offset -> events, where there are any
        self.first_of = {}  # (client, key) -> offset of its first record
        self.owner_at = {}  # offset -> (client, key)
        self.reads_left_out = 0
        self._answers = answer_rules.Answers(self)
        self._answered = []  # (end of a call, offset of its answer), sorted
        self._highest = []  # of offsets up to there in `_answered`
        self._submitted = {}  # (client, key) -> start of its first call
        self._early_votes, self._early_events = [], []  # of records that are still to come
        self._told_events = set()
        self._voted = {}  # (at_offset, offset, replayed, client, key) -> (reply hash, the replica that voted first)
        self._digest_after = {}  # offset -> (digest, replica)
        self._kinds = collections.Counter()

    def problem(self, invariant, text):
        self._kinds[invariant] += 1
        if self._kinds[invariant] <= MOST_PROBLEMS:
            self.problems.append(f"{invariant}: {text}")

    # the log

    def take(self, calls, records):
        """`calls`: of clients. `records`: what follows in booking.cmd, with `offset`, `timestamp_ms`, `value`."""
        self._note_real_time(calls)
        reads = read_rules.by_offset(calls)
        for asked in reads.pop(self.next_offset - 1, []):
            read_rules.check(self, asked)
        for record in records:
            self.record(record)
            for asked in reads.pop(record.offset, ()):
                read_rules.check(self, asked)
        self.reads_left_out += sum(len(left) for offset, left in reads.items() if 0 <= offset < self.next_offset)
        for offset, left in reads.items():
            if offset >= self.next_offset:
                self.problem("I4", f"a read at offset {offset}, and the log ends at {self.next_offset - 1}: {left[0]}")
        self.look_at_all()
        for call in calls:
            self._answers.check(call)
        self._check_real_time(calls)

    def record(self, record):
        if record.offset != self.next_offset:
            self.problem("I4", f"offset {record.offset} follows {self.next_offset - 1}")
        self.next_offset = record.offset + 1
        command = ledgers.decoded(record.value)
        kind = command.get("type") if command else None
        result = self.model.apply(record.offset, record.timestamp_ms, record.value, kind)
        self.ledgers.record(record.offset, record.timestamp_ms, command, result)
        self.replies_at[record.offset] = result["replies"]
        if specified_answers.of_events(result["events"]):  # the model has some of its own besides
            self.events[record.offset] = result["events"]
        for reply in result["replies"]:
            if not reply["replayed"]:
                self.replies.setdefault(reply["offset"], []).append(reply)
        owner = answer_rules.owner_of(command)
        self.owner_at[record.offset] = owner
        if owner is not None:
            self.first_of.setdefault(owner, record.offset)
        if record.offset % FULL_LOOK_EVERY == 0:
            self.look_at_all()

    def look_at_all(self):
        """The model's seats are those of the events; none has two owners."""
        state, found = self.model.state, {}
        for kind, entities in (("HELD", state.holds), ("BOOKED", state.bookings)):
            for entity in entities.values():
                for seat in entity["seats"]:
                    if (entity["show"], seat) in found:
                        self.problem("I1", f"{entity['show']} {seat} is of {entity['id']} and of another ({self.next_offset})")
                    found[(entity["show"], seat)] = kind
        for show in state.shows.values():
            found.update({(show["id"], seat): "BLOCKED" for seat in show["blocked"]})
        told = self.ledgers.seats.states()
        if told != found:
            differing = sorted(set(told.items()) ^ set(found.items()))[:5]
            self.problem("I2", f"events and state differ before {self.next_offset}: {differing}")

    # real time

    def _note_real_time(self, calls):
        for call in calls:
            owner = (call.client, call.key)
            if call.key is not None and call.start < self._submitted.get(owner, call.start + 1):
                self._submitted[owner] = call.start
        answered = [(call.end, call.offset) for call in calls if call.key is not None and call.offset is not None]
        self._answered = sorted(self._answered + answered)
        self._highest, highest = [], -1
        for _, offset in self._answered:
            highest = max(highest, offset)
            self._highest.append(highest)

    def highest_answered_before(self, moment):
        """Of the offsets in answers that somebody had by then; -1 without any."""
        at = bisect.bisect_left(self._answered, (moment, -1))
        return self._highest[at - 1] if at else -1

    def _check_real_time(self, calls):
        for owner in {(call.client, call.key) for call in calls if call.key is not None}:
            offset = self.first_of.get(owner)
            if offset is None:
                continue
            before = self.highest_answered_before(self._submitted[owner])
            if before >= offset:
                self.problem("I5", f"{owner} is at offset {offset}, and was sent after the answer of {before} had come")

    # votes, digests, events

    def votes(self, texts, wrong=()):
        """Records of booking.reply. `wrong`: replicas that were made to vote otherwise."""
        waiting, self._early_votes = self._early_votes + [json.loads(text) for text in texts], []
        for vote in waiting:
            at_offset = vote.get("at_offset", vote["offset"])
            if at_offset >= self.next_offset:
                self._early_votes.append(vote)
            elif vote["replica"] not in wrong:
                self._vote(at_offset, vote)

    def _vote(self, at_offset, vote):
        about = (at_offset, vote["offset"], vote["replayed"], vote.get("client_id"), vote.get("seq"), vote.get("idem_key"))
        digest, by = self._digest_after.setdefault(at_offset, (vote["digest"], vote["replica"]))
        if digest != vote["digest"]:
            self.problem("I7", f"after {at_offset} {vote['replica']} has {vote['digest']}, {by} has {digest}")
        reply_hash, by = self._voted.setdefault(about, (vote["reply_hash"], vote["replica"]))
        if reply_hash != vote["reply_hash"]:
            self.problem("I7", f"different votes of {by} and {vote['replica']} on {about}")
        if by == vote["replica"] or reply_hash != vote["reply_hash"]:
            self._check_vote(about, vote)

    def _check_vote(self, about, vote):
        at_offset, offset, replayed, *_ = about
        wanted = [
            reply
            for reply in self.replies_at.get(at_offset, ())
            if (reply["offset"], reply["replayed"]) == (offset, replayed)
        ]
        if not answer_rules.is_among(vote, wanted):
            self.problem("I6", f"{vote['replica']} voted {vote}, and the model says {wanted} at {at_offset}")

    def digests(self, offset, of_replicas):
        """`of_replicas`: {replica: digest after the offset}."""
        if len(set(of_replicas.values())) > 1:
            self.problem("I7", f"digests after {offset} differ: {of_replicas}")

    def told_events(self, texts):
        """Messages of booking.event: one for each record with events, the model's events."""
        waiting, self._early_events = self._early_events + [json.loads(text) for text in texts], []
        for told in waiting:
            if told["offset"] >= self.next_offset:
                self._early_events.append(told)
                continue
            wanted = self.events.get(told["offset"], [])
            if not answer_rules.are_events(told["events"], wanted):
                self.problem("I6", f"events told of {told['offset']}: {told['events']}, and of the model: {wanted}")
            if told["offset"] in self._told_events:
                self.problem("I3", f"the events of {told['offset']} were written twice")
            self._told_events.add(told["offset"])

    def events_missing(self):
        """Offsets whose events nobody wrote so far."""
        return sorted(set(self.events) - self._told_events)
