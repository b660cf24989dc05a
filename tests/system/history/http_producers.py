"""Producers over HTTP that write down what they were told."""

import random
import threading
import time

from history import events
from history.http_calls import HttpCaller
from history.messages import MessageMaker, as_json

PAUSE_S = 0.05
# After the end of the run everything is healed: what is still not answered then stays in doubt.
FINISHING_S = 60


class HttpProducer(threading.Thread):
    """`sequenced`: sends the same request again until it is answered, and now and then once more after that.

    Without sequences each request is sent once. Several clients may share one `Sequences`: then their requests
    overtake each other.
    """

    def __init__(self, name, url, history, topic, partitions, seed, rate, stop, sequences=None, shared=False):
        super().__init__(name=name, daemon=True)
        self.url, self.history, self.topic = url, history, topic
        self.choose = random.Random(f"{seed} {name}")
        self.maker = MessageMaker(name, self.choose, partitions)
        self.caller = HttpCaller(url)
        self.pause_s = 1 / rate
        self.stop = stop
        self.sequences = sequences
        self.identity = sequences or Sequences()
        self.op = 0
        history.write("client", client=name, sequenced=sequences is not None,
                      ordered=sequences is not None and not shared, resends=False)

    def run(self):
        while not self.stop.wait(self.pause_s * self.choose.uniform(0.5, 1.5)):
            self.produce(self.choose.choice((1, 1, 1, 5, 20)))

    def produce(self, count, partition=None):
        """One request, until it is known or the time is over. True if everything of it was acknowledged."""
        op, self.op = self.op, self.op + 1
        given = [self.maker.make(op, item) for item in range(count)]
        if partition is not None:
            given = [(None, events.message_id(self.name, op, 0).encode(), [], partition)]
        body = {"topic": self.topic, "producer_id": None}
        if len(given) == 1 and self.choose.random() < 0.7:
            body.update(as_json(given[0]))
        else:
            body["messages"] = [as_json(message) for message in given]
        if self.sequences:
            body["sequence"] = self.sequences.take(len(given))
        return self._until_known(op, body, given)

    def _until_known(self, op, body, given):
        finishing = None
        attempt = 0
        once_more = self.sequences is not None and self.choose.random() < 0.03
        while True:
            body["producer_id"] = self.producer_id()
            if body["producer_id"] is None:
                return False
            results, again = self._attempt(op, attempt, body, given)
            attempt += 1
            if all(told["ok"] for told in results):
                if not once_more:
                    return True
                once_more = False
                continue
            if self.sequences is None or not again:
                return False
            if self.stop.is_set():
                finishing = finishing or time.monotonic() + FINISHING_S
                if time.monotonic() > finishing:
                    return False
            time.sleep(PAUSE_S)

    def _attempt(self, op, attempt, body, given):
        """The results, and whether it makes sense to ask again."""
        start = events.now()
        answer = self.caller.call("POST", "/producer/produce", body)
        end = events.now()
        results = self._results(answer, len(given))
        items = [MessageMaker.noted(message) for message in given] if attempt == 0 else []
        self.history.write("produce", client=self.name, op=op, start=start, end=end, topic=self.topic,
                           sequence=body.get("sequence"), items=items, results=results, **{"try": attempt})
        hopeless = [one for one in [answer.body, *answer.body.get("results", ())] if one.get("retriable") is False]
        if answer.surprising or hopeless:
            self.history.write("surprise", client=self.name, op=op, start=start, end=end,
                               text=f"{answer.status} {hopeless or answer.body}")
        return results, not hopeless

    @staticmethod
    def _results(answer, count):
        if answer.ok and "results" not in answer.body:
            return [_told(answer.body, answer.body.get("duplicate", False))]
        listed = answer.body.get("results")
        if listed is None:
            return [{"ok": False, "outcome": answer.outcome, "code": answer.code}] * count
        every = answer.body.get("duplicate", False)
        return [_told(one, one.get("duplicate", every)) for one in listed]

    def producer_id(self):
        """Registered once; a registration needs PostgreSQL and may have to wait for it."""
        with self.identity.lock:
            end = time.monotonic() + FINISHING_S
            while self.identity.id is None and time.monotonic() < end:
                answer = self.caller.call("POST", "/producer/register", {"topic": self.topic})
                if answer.ok:
                    self.identity.id = answer.body["producer_id"]
                else:
                    time.sleep(PAUSE_S)
            return self.identity.id


def _told(one, duplicate):
    if "offset" in one:
        return {"ok": True, "partition": one["partition"], "offset": one["offset"], "duplicate": bool(duplicate)}
    return {"ok": False, "outcome": one.get("outcome", events.UNKNOWN), "code": one.get("code")}


class Sequences:
    """One registered producer and its counter; several clients may share it."""

    def __init__(self):
        self.id = None
        self.lock = threading.Lock()
        self._next = 0

    def take(self, count):
        with self.lock:
            first, self._next = self._next, self._next + count
            return first
