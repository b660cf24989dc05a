"""Gives the judge of the invariants what a running application has: its log, votes, events and digests."""

from booking.booking_layout import REPLICAS
from booking.invariants_over_log import LogJudge


class LogChecker:
    """Goes on where it was; a check looks only at what came since."""

    def __init__(self, booking):
        self.booking = booking
        self.judge = LogJudge()
        self._topics = {}
        self.keeps = False  # what it was given, for a run that may have to be looked at later
        self.kept_calls, self.kept_records = [], {}

    def check(self, wrong_votes_of=(), digests=True):
        """`wrong_votes_of`: replicas that were made to be wrong since the last check."""
        calls = self.booking.history.take()
        if self.keeps:
            self.kept_calls += calls
        self.judge.take(calls, self._new("cmd"))
        self.judge.votes([record.value for record in self._new("reply")], wrong_votes_of)
        self.judge.told_events([record.value for record in self._new("event")])
        if digests:
            self._compare_digests()
        problems, self.judge.problems = self.judge.problems, []
        assert not problems, "\n".join(problems)

    def _new(self, name):
        if name not in self._topics:
            self._topics[name] = self.booking.topic(name)
        records = list(self._topics[name].read_new())
        if self.keeps:
            self.kept_records.setdefault(name, []).extend(records)
        return records

    def _compare_digests(self):
        """At the head, and some records before it."""
        head = self.judge.next_offset - 1
        for offset in sorted({head, max(head - 7, 0)} - {-1}):
            self.judge.digests(offset, {one: self.booking.digest(one, offset) for one in REPLICAS})
