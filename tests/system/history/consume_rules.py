"""What must hold of what consumers were given, of positions and of high watermarks."""

import json

from history.verdict import look_at_client, look_at_place

# A repeat is excused by a failure that the cluster may still be settling from.
SETTLING_NS = 15_000_000_000


def check(store, verdict):
    delivered_is_stored(store, verdict)
    delivered_after_sent(store, verdict)
    Deliveries(store, verdict).check()
    drained_is_whole(store, verdict)
    positions_never_go_back(store, verdict)
    commits_hold(store, verdict)
    watermarks_never_go_back(store, verdict)
    watermarks_cover_acknowledged(store, verdict)


def delivered_is_stored(store, verdict):
    """What was delivered is in the log at the end, with the same bytes: nothing is read that may vanish."""
    found = store.rows("""
        SELECT delivered.client, delivered.op, delivered.start, delivered.end, delivered.topic, delivered.partition,
               delivered.offset, stored.id, stored.digest
        FROM delivered LEFT JOIN final ON final.topic = delivered.topic AND final.partition = delivered.partition
        LEFT JOIN stored ON stored.topic = delivered.topic AND stored.partition = delivered.partition
             AND stored.offset = delivered.offset
        WHERE delivered.offset >= coalesce(final.log_start, 0) AND stored.digest IS NOT delivered.digest""")
    for client, op, start, end, topic, partition, offset, name, digest in found:
        now = "nothing" if digest is None else f"something else ({name}, {digest})"
        verdict.report("delivered-but-gone", f"{client} was given {topic}/{partition} offset {offset} in operation "
                       f"{op} ({verdict.during(start, end)}), where there is {now}",
                       look_at_place(topic, partition, offset))


def delivered_after_sent(store, verdict):
    found = store.rows("""
        SELECT delivered.client, delivered.op, delivered.end, delivered.topic, delivered.partition, delivered.offset,
               item.id, item.start
        FROM delivered JOIN stored ON stored.topic = delivered.topic AND stored.partition = delivered.partition
             AND stored.offset = delivered.offset
        JOIN item ON item.id = stored.id WHERE delivered.end < item.start""")
    for client, op, end, topic, partition, offset, name, sent in found:
        verdict.report("delivered-before-sent", f"{client} had {topic}/{partition} offset {offset} at "
                       f"{verdict.at(end)} (operation {op}), and {name} was sent at {verdict.at(sent)}",
                       look_at_client(client, op))


class Deliveries:
    """Follows each consumer through its answers: no gaps, repeats only where something had failed since the last
    answer that held messages of the same partition. A client that goes away in the middle may have been sent
    an answer that it did not read: what its system took for it counts as delivered."""

    def __init__(self, store, verdict):
        self.store = store
        self.verdict = verdict
        self.faults = list(store.rows("SELECT start, healed FROM fault ORDER BY start"))

    def check(self):
        client = None
        for row in self.store.rows("SELECT * FROM consumed ORDER BY client, op, try"):
            client, self.follow = row[0], self.follow if row[0] == client else _Follow()
            self._answer(_Answer(*row))

    def _answer(self, answer):
        follow = self.follow
        if not answer.ok:
            follow.failures += 1
            return
        if answer.poll is not None and answer.poll == follow.poll:
            self._same_poll(answer)
            return
        told = set()
        for partition, offset in answer.messages:
            place = follow.places.setdefault(partition, _Place())
            if not answer.skipped:
                self._gap(answer, partition, offset, place)
            if offset < place.next and partition not in told and not self._excused(answer, place):
                told.add(partition)
                self._report("repeat", answer, partition, offset, "again, with no failure since the answer "
                             f"{self.verdict.during(place.start, place.end)}; it had everything before offset {place.next}")
        for partition, offset in answer.messages:
            place = follow.places[partition]
            place.next = max(place.next, offset + 1)
            place.start, place.end, place.failures, place.last = answer.start, answer.end, follow.failures, None
        follow.poll, follow.messages = answer.poll, answer.messages

    def _gap(self, answer, partition, offset, place):
        if place.last is not None and offset != place.last + 1:
            self._report("unordered-answer", answer, partition, offset, f"after {place.last}, within one answer")
        elif place.last is None and offset > place.next and not self._left_unread(answer, place):
            self._report("gap", answer, partition, offset, f"without having been given {place.next} to {offset - 1}")
        place.last = offset

    def _report(self, rule, answer, partition, offset, what):
        self.verdict.report(rule, f"{answer.client} ({answer.mode}) was given {answer.topic}/{partition} offset {offset} "
                            f"in operation {answer.op} ({self.verdict.during(answer.start, answer.end)}) {what}",
                            look_at_client(answer.client, answer.op))

    def _left_unread(self, answer, place):
        return answer.mode == "disconnecting" and self.follow.failures > place.failures

    def _excused(self, answer, place):
        """Native consumers keep their own place: nothing excuses a repeat."""
        if answer.mode == "native":
            return False
        return self.follow.failures > place.failures or self._fault_since(place.start, answer.end)

    def _fault_since(self, start, end):
        return any(began <= end and (healed is None or healed + SETTLING_NS >= start) for began, healed in self.faults)

    def _same_poll(self, answer):
        """The client asked for the same answer again."""
        follow = self.follow
        if answer.messages == follow.messages or self._fault_since(answer.start, answer.end):
            return
        self.verdict.report("poll-differs", f"{answer.client} asked for poll {answer.poll} of {answer.topic} again in "
                            f"operation {answer.op} ({self.verdict.during(answer.start, answer.end)}) and got "
                            f"{answer.messages[:3]}... ({len(answer.messages)} messages) instead of "
                            f"{follow.messages[:3]}... ({len(follow.messages)})", look_at_client(answer.client, answer.op))


class _Answer:
    def __init__(self, client, op, attempt, start, end, topic, mode, poll, ok, code, skipped, messages):
        self.client, self.op, self.start, self.end, self.topic = client, op, start, end, topic
        self.mode, self.poll, self.ok, self.skipped = mode, poll, ok, skipped
        self.messages = [tuple(place) for place in json.loads(messages)]


class _Place:
    """Of one consumer in one partition: the next offset, and the last answer that held messages of it."""

    def __init__(self):
        self.next = self.failures = 0
        self.start = self.end = self.last = None


class _Follow:
    """One consumer: its places, its last answer, and how many of its attempts had failed by then."""

    def __init__(self):
        self.places = {}
        self.failures = 0
        self.poll = None
        self.messages = []


def drained_is_whole(store, verdict):
    """A consumer that went on until nothing was left has read up to the end of every partition."""
    found = store.rows("""
        SELECT drained.client, drained.topic, drained.partition, drained.offset, final.high
        FROM drained JOIN final ON final.topic = drained.topic AND final.partition = drained.partition
        WHERE drained.offset != final.high""")
    for client, topic, partition, offset, high in found:
        verdict.report("not-drained", f"{client} was told that nothing is left at {topic}/{partition} offset {offset}, "
                       f"which ends at {high}", look_at_place(topic, partition, offset))


def positions_never_go_back(store, verdict):
    _never_back(store, verdict, "position-went-back", """
        SELECT client || ' in ' || topic, partition, start, end, offset, source FROM position
        ORDER BY client, topic, partition, start""")


def watermarks_never_go_back(store, verdict):
    _never_back(store, verdict, "watermark-went-back", """
        SELECT topic, partition, start, end, high, source FROM watermark ORDER BY topic, partition, start""")
    _never_back(store, verdict, "log-start-went-back", """
        SELECT topic, partition, start, end, log_start, source FROM watermark ORDER BY topic, partition, start""")
    for topic, partition, high, start, end, final in store.rows("""
            SELECT watermark.topic, watermark.partition, watermark.high, watermark.start, watermark.end, final.high
            FROM watermark JOIN final ON final.topic = watermark.topic AND final.partition = watermark.partition
            WHERE watermark.high > final.high"""):
        verdict.report("watermark-went-back", f"{topic}/{partition} had the high watermark {high} "
                       f"{verdict.during(start, end)} and ends at {final}", look_at_place(topic, partition, final))


def _never_back(store, verdict, rule, statement):
    """An answer that began after another one had come never tells less. Memory: observations under way at once."""
    place, under_way, highest = None, [], None
    for name, partition, start, end, value, source in store.rows(statement):
        if place != (name, partition):
            place, under_way, highest = (name, partition), [], None
        for one in [one for one in under_way if one[0] < start]:
            under_way.remove(one)
            if highest is None or one[1] > highest[1]:
                highest = one
        if highest is not None and value < highest[1]:
            verdict.report(rule, f"{name}, partition {partition}: {value} was told by {source} "
                           f"{verdict.during(start, end)}, after {highest[1]} had been told by {highest[2]} at "
                           f"{verdict.at(highest[0])}")
        under_way.append((end, value, source))


def watermarks_cover_acknowledged(store, verdict):
    """A high watermark that was asked for after an acknowledgement lies above it."""
    found = _below_what_was_known(store, """
        SELECT topic, partition, end AS time, 1 AS known, offset + 1 AS value, id AS who, 0, end FROM result WHERE ok
        UNION ALL
        SELECT topic, partition, start, 0, high, source, 0, end FROM watermark
        ORDER BY topic, partition, time, known""")
    for (topic, partition, start, _, high, source, _, end), (_, _, at, _, value, name, _, _) in found:
        verdict.report("watermark-too-low", f"{name} was acknowledged at {topic}/{partition} offset {value - 1} at "
                       f"{verdict.at(at)}, and {source} told the high watermark {high} {verdict.during(start, end)}",
                       look_at_place(topic, partition, high))


def commits_hold(store, verdict):
    """Nothing below a position that was committed is given to a consumer that begins to ask after that."""
    found = _below_what_was_known(store, """
        SELECT client || ' in ' || topic AS name, partition, end AS time, 1 AS known, offset AS value, client AS who, 0,
               end FROM position
        UNION ALL
        SELECT client || ' in ' || topic, partition, start, 0, min(offset), client, op, end FROM delivered
        GROUP BY client, op, try, topic, partition
        ORDER BY name, partition, time, known""")
    for (name, partition, start, _, offset, client, op, end), (_, _, at, _, committed, _, _, _) in found:
        verdict.report("below-committed", f"{name}, partition {partition} was given offset {offset} in operation {op} "
                       f"({verdict.during(start, end)}), after {committed} had been committed at {verdict.at(at)}",
                       look_at_client(client, op))


def _below_what_was_known(store, statement):
    """Rows (known = 0) whose value is less than one that was known before they began, with the row that says so."""
    place, highest = None, None
    for row in store.rows(statement):
        if place != row[:2]:
            place, highest = row[:2], None
        if row[3]:
            if highest is None or row[4] > highest[4]:
                highest = row
        elif highest is not None and row[4] < highest[4]:
            yield row, highest
