"""Producing and consuming all the time, through the load balancer, with the time that every request took."""

import http.client
import json
import threading
import time
import urllib.parse


class Traffic:
    """One producer with sequences and one consumer with polls, each on a thread and a connection of its own."""

    def __init__(self, url, topic, producer_id, consumer_id, pause_s=0.02):
        self.address = urllib.parse.urlsplit(url).netloc
        self.topic, self.producer_id, self.consumer_id = topic, producer_id, consumer_id
        self.pause_s = pause_s
        self.problems = []
        self.slowest = {"produce": 0.0, "consume": 0.0}
        self.produced = 0
        self.consumed = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._produce, self._consume)]
        for thread in self._threads:
            thread.start()

    def take_slowest(self):
        """The slowest of each since the last time, in milliseconds."""
        taken = {kind: round(1000 * seconds) for kind, seconds in self.slowest.items()}
        self.slowest = {"produce": 0.0, "consume": 0.0}
        return taken

    def finish(self):
        """Stops producing, reads to the end, and proves that everything is there once and came in order; whoever takes
        a consumer over may repeat what was not committed."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=30)
        assert not self.problems, self.problems[:5]
        wanted = [str(number) for number in range(self.produced)]
        assert list(dict.fromkeys(self.consumed)) == wanted, (len(self.consumed), len(wanted))

    def _call(self, connection, kind, path, body):
        began = time.monotonic()
        try:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                self.problems.append((kind, answer.status, text[:300]))
                return None
            return json.loads(text)
        except OSError as problem:
            self.problems.append((kind, repr(problem)))
            connection.close()
            return None
        finally:
            self.slowest[kind] = max(self.slowest[kind], time.monotonic() - began)

    def _produce(self):
        connection = http.client.HTTPConnection(self.address, timeout=20)
        while not self._stop.is_set():
            number = self.produced
            body = {
                "topic": self.topic,
                "producer_id": self.producer_id,
                "message": str(number),
                "key": "k",
                "sequence": number,
            }
            if self._call(connection, "produce", "/producer/produce", body) is not None:
                self.produced = number + 1
            time.sleep(self.pause_s)

    def _consume(self):
        connection = http.client.HTTPConnection(self.address, timeout=20)
        poll = 0
        while not self._stop.is_set() or len(set(self.consumed)) < self.produced:
            poll += 1
            body = {"topic": self.topic, "consumer_id": self.consumer_id, "max": 100, "poll": poll}
            answer = self._call(connection, "consume", "/consumer/consume", body)
            if answer is not None:
                self.consumed += [message["message"] for message in answer["messages"]]
            elif self._stop.is_set():
                return
            time.sleep(self.pause_s)
