"""A small healthy history, made up: what the rules must find nothing in, and what the tests plant faults into."""

import copy

from history import events

TOPIC = "orders"
PARTITIONS = 2
REPLICAS = ("broker-1", "broker-2", "broker-3")
STEP = 1_000_000


class Made:
    """A cluster of one thread that does everything at once and right."""

    def __init__(self):
        self.time = 0
        self.events = []
        self.logs = [[] for _ in range(PARTITIONS)]

    def add(self, event, /, **fields):
        self.events.append({"e": event, **fields})
        return self.events[-1]

    def tick(self):
        self.time += STEP
        return self.time

    def client(self, name, sequenced=True, ordered=True, resends=False):
        self.add("client", client=name, sequenced=sequenced, ordered=ordered, resends=resends)

    def produce(self, client, op, items=2, attempts=1, outcome=None, stored=True, key=None):
        """`attempts` - 1 answers are lost; the last one is a success, or a failure with `outcome`."""
        digests = [events.digest_of(None, f"{client} {op} {item}".encode(), []) for item in range(items)]
        places = []
        for item in range(items):
            partition = 0 if key else (op + item) % PARTITIONS
            places.append((partition, len(self.logs[partition])))
            if stored:
                self.logs[partition].append((events.message_id(client, op, item), digests[item]))
        for attempt in range(attempts):
            if attempt < attempts - 1:
                results = [{"ok": False, "outcome": "unknown", "code": "LOST"}] * items
            elif outcome:
                results = [{"ok": False, "outcome": outcome, "code": "REFUSED"}] * items
            else:
                results = [{"ok": True, "partition": p, "offset": o, "duplicate": attempt > 0} for p, o in places]
            given = [{"digest": digest, "key": key} for digest in digests] if attempt == 0 else []
            self.add("produce", client=client, op=op, start=self.tick(), end=self.tick(), topic=TOPIC,
                     sequence=op * items, items=given, results=copy.deepcopy(results), **{"try": attempt})

    def consume(self, client, op, mode, places, attempt=0, ok=True, poll=None):
        messages = [[p, o, self.logs[p][o][1]] for p, o in places]
        self.add("consume", client=client, op=op, mode=mode, poll=poll, start=self.tick(), end=self.tick(), topic=TOPIC,
                 ok=ok, messages=messages if ok else [], code=None if ok else "LOST", **{"try": attempt})

    def position(self, client, source, offsets):
        self.add("position", client=client, topic=TOPIC, source=source, start=self.tick(), end=self.tick(),
                 positions=[[p, o] for p, o in enumerate(offsets)])

    def watermarks(self):
        for partition, log in enumerate(self.logs):
            self.add("watermark", topic=TOPIC, partition=partition, source="topics", start=self.tick(),
                     end=self.tick(), high=len(log), log_start=0)

    def read_back(self):
        """An entry per record behind a first entry that holds none, as an election leaves it."""
        for partition, log in enumerate(self.logs):
            for offset, (name, digest) in enumerate(log):
                self.add("stored", topic=TOPIC, partition=partition, offset=offset, id=name, digest=digest,
                         index=offset + 2, term=1, producer_id=7)
            self.add("final", topic=TOPIC, partition=partition, log_start=0, high=len(log))
            for replica in REPLICAS:
                where = {"replica": replica, "topic": TOPIC, "partition": partition}
                self.add("entry", **where, index=1, term=1, base_offset=0, count=0, digest="no-op")
                for offset, (_, digest) in enumerate(log):
                    self.add("entry", **where, index=offset + 2, term=1, base_offset=offset, count=1, digest=digest)
                self.add("log_end", **where, committed_index=len(log) + 1)


def made():
    """Producers with and without sequences, lost answers, consumers of each kind, a fault that was healed."""
    m = Made()
    m.client("sequenced")
    m.client("plain", sequenced=False, ordered=False)
    m.client("resending", sequenced=False, ordered=False, resends=True)
    for op in range(6):
        m.produce("sequenced", op, attempts=1 + op % 2)
        m.watermarks()
    m.produce("plain", 0, items=4)
    m.produce("plain", 1, outcome="definite", stored=False)
    m.produce("plain", 2, outcome="unknown", stored=True)
    m.produce("plain", 3, outcome="unknown", stored=False)
    m.produce("sequenced", 6, key="k")
    m.produce("resending", 0, items=1)
    m.logs[0].append(m.logs[1][-1] if m.logs[1][-1][0].startswith("m:resending") else m.logs[0][-1])
    m.watermarks()
    ends = [len(log) for log in m.logs]
    in_turn = [(p, o) for o in range(max(ends)) for p in range(PARTITIONS) if o < ends[p]]
    for mode in ("auto", "manual", "poll", "native"):
        for op, first in enumerate(range(0, len(in_turn), 4)):
            poll = op if mode == "poll" else None
            m.consume(mode, op, mode, in_turn[first : first + 4], poll=poll)
            if mode == "poll":
                m.consume(mode, op, mode, in_turn[first : first + 4], attempt=1, poll=poll)
            read = in_turn[: first + 4]
            m.position(mode, "commit", [sum(1 for p, _ in read if p == n) for n in range(PARTITIONS)])
        m.add("drained", client=mode, topic=TOPIC, positions=[[p, end] for p, end in enumerate(ends)])
    m.add("fault", number=1, kind="kill", target="rm-1", start=m.tick(), healed=m.tick(), progress_ms=80)
    m.consume("after-fault", 0, "auto", in_turn[:6])
    m.consume("after-fault", 1, "auto", in_turn[2:8])
    m.read_back()
    return m.events


def all_of(history, event, /, **fields):
    return [e for e in history if e["e"] == event and all(e.get(name) == value for name, value in fields.items())]


def find(history, event, /, **fields):
    """The first such event, to be spoilt."""
    return all_of(history, event, **fields)[0]
