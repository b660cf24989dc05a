"""Clients of the HTTP API that work all the time while something is done to the cluster, and what they saw.

A producer sends one message after the other, each with its sequence, until it is acknowledged; a consumer polls with
numbers. Both behave as http-api.md asks: an address that refuses is passed over for the next, a lost answer is asked for
again with the same number. What they wrote down is judged by `check_delivery`.
"""

import dataclasses
import http.client
import json
import threading
import time
import urllib.parse

PATIENCE_S = 60.0


@dataclasses.dataclass
class Call:
    """One request until its success, retries included; times are those of time.monotonic()."""

    number: int
    began: float
    ended: float = 0.0
    errors: list = dataclasses.field(default_factory=list)  # what a client without a retry would have had to report
    passed_over: int = 0  # addresses that refused the connection: nothing was sent
    answer: dict = dataclasses.field(default_factory=dict)

    @property
    def took_ms(self):
        return (self.ended - self.began) * 1000


class HttpClient:
    """One keep-alive connection, to the first address that takes it."""

    def __init__(self, urls, timeout_s):
        self.addresses = [(where.hostname, where.port) for where in map(urllib.parse.urlsplit, urls)]
        self.timeout_s = timeout_s
        self.connection = None

    def call(self, number, path, body, stopping=lambda: False):
        """Repeats until the answer is 200; None if `stopping` says so first."""
        made = Call(number, time.monotonic())
        while time.monotonic() < made.began + PATIENCE_S:
            if stopping() and made.errors:
                return None
            status, answer = self._try(path, body, made)
            if status == 200:
                made.ended, made.answer = time.monotonic(), answer
                return made
            if status is not None:
                # An endpoint that only sheds load or waits for an election says how long to wait.
                time.sleep(min(answer.get("retry_after_ms", 5), 50) / 1000)
        raise AssertionError(f"{path} {number} had no success in {PATIENCE_S:.0f} s: {made.errors[-5:]}")

    def _try(self, path, body, made):
        if self.connection is None and not self._connect(made):
            return None, {}
        try:
            self.connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = self.connection.getresponse()
            text = answer.read()
            if answer.will_close:
                self.close()
            if answer.status != 200:
                made.errors.append(f"{answer.status} {text.decode(errors='replace')}")
            return answer.status, json.loads(text)
        except (OSError, http.client.HTTPException) as problem:
            made.errors.append(repr(problem))
            self.close()
            self.addresses.append(self.addresses.pop(0))
            return None, {}

    def _connect(self, made):
        for _ in range(len(self.addresses)):
            connection = http.client.HTTPConnection(*self.addresses[0], timeout=self.timeout_s)
            try:
                connection.connect()
                self.connection = connection
                return True
            except OSError:
                made.passed_over += 1
                self.addresses.append(self.addresses.pop(0))
        time.sleep(0.01)
        return False

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class _Worker(threading.Thread):
    def __init__(self, urls, topic, timeout_s):
        super().__init__(daemon=True)
        self.client = HttpClient(urls, timeout_s)
        self.topic = topic
        self.calls = []
        self.failure = None
        self._ending = threading.Event()

    def run(self):
        try:
            while not self._ending.is_set() or self.unfinished():
                done = self.one()
                if done is not None:
                    self.calls.append(done)
        except BaseException as failure:  # told where `finish` is called
            self.failure = failure
        finally:
            self.client.close()

    def unfinished(self):
        return False

    def finish(self):
        self._ending.set()
        self.join(timeout=PATIENCE_S + 10)
        if self.failure is not None:
            raise self.failure
        assert not self.is_alive(), f"{type(self).__name__} of {self.topic} hangs"
        return self.calls

    def errors(self):
        return [(call.number, error) for call in list(self.calls) for error in call.errors]


class Producer(_Worker):
    """Message n is the text "n" with sequence n; the next one is sent `every_ms` after the one before."""

    def __init__(self, cluster, topic, every_ms=4, timeout_s=20, urls=None):
        super().__init__(urls or cluster.layout.load_balancer_urls(), topic, timeout_s)
        self.producer = cluster.api("POST", "/producer/register", {"topic": topic})["producer_id"]
        self.every_s = every_ms / 1000
        self.start()

    def one(self):
        number = len(self.calls)
        body = {"topic": self.topic, "producer_id": self.producer, "message": str(number), "sequence": number}
        made = self.client.call(number, "/producer/produce", json.dumps(body))
        self._ending.wait(self.every_s)
        return made

    def gap_ms(self, since, until=None):
        """The longest time without an acknowledgement that begins or ends after `since`."""
        return longest_gap_ms([call.ended for call in list(self.calls)], since, until)


class Consumer(_Worker):
    """Polls on; `seen` is every message in the order of delivery, with the time. Goes on until the producer's last."""

    def __init__(self, cluster, topic, producer, wait_ms=500, timeout_s=20, urls=None):
        super().__init__(urls or cluster.layout.load_balancer_urls(), topic, timeout_s)
        made = cluster.api("POST", "/consumer/register", {"topic": topic, "from": "earliest"})
        self.consumer = made["consumer_id"]
        self.producer = producer
        self.wait_ms = wait_ms
        self.poll = 0
        self.seen = []
        self.start()

    def unfinished(self):
        return self.producer.is_alive() or len({number for _, number, _ in self.seen}) < len(self.producer.calls)

    def one(self):
        self.poll += 1
        body = {"topic": self.topic, "consumer_id": self.consumer, "max": 500, "wait_ms": self.wait_ms, "poll": self.poll}
        made = self.client.call(self.poll, "/consumer/consume", json.dumps(body))
        for message in made.answer["messages"]:
            self.seen.append((made.ended, int(message["message"]), (message["partition"], message["offset"])))
        return made

    def delivered_again(self):
        return len(self.seen) - len({place for _, _, place in self.seen})

    def gap_ms(self, since, until=None):
        """The longest time without a new message."""
        return longest_gap_ms([when for when, _, _ in list(self.seen)], since, until)


def longest_gap_ms(times, since, until=None):
    until = until or time.monotonic()
    points = [since] + [when for when in times if since < when < until]
    return max((b - a for a, b in zip(points, points[1:])), default=until - since) * 1000


def check_delivery(producer, consumer):
    """Nothing acknowledged is lost, nothing with a sequence is there twice, and the order is kept."""
    places = {}
    for _, number, place in consumer.seen:
        assert places.setdefault(number, place) == place, f"message {number} is there twice: {places[number]} and {place}"
    for call in producer.calls:
        told = (call.answer["partition"], call.answer["offset"])
        assert places.get(call.number) == told, f"message {call.number} was acknowledged at {told}, read at {places.get(call.number)}"
    extra = [number for number in places if number >= len(producer.calls)]
    assert not extra, f"messages that nobody sent: {extra[:10]}"
    # Delivered again is only what was not confirmed when a reader was replaced; what is new comes in order.
    new = list(dict.fromkeys((place, number) for _, number, place in consumer.seen))
    for partition in {place[0] for place, _ in new}:
        offsets = [place[1] for place, _ in new if place[0] == partition]
        assert offsets == list(range(len(offsets))), f"partition {partition} was read out of order or with holes"


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")
