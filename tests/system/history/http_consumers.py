"""Consumers over HTTP, one of each kind that the API has, and two that behave badly. All write down what they got."""

import json
import random
import socket
import struct
import threading
import time

from history import events
from history.http_calls import Answer, HttpCaller

PAUSE_S = 0.05
DRAINING_S = 60


class HttpConsumer(threading.Thread):
    """`mode`: auto, manual or poll. Goes on until `drain` is set and an answer says that nothing is left."""

    def __init__(self, name, url, history, topic, mode, seed, stop, drain):
        super().__init__(name=name, daemon=True)
        self.history, self.topic, self.mode = history, topic, mode
        self.choose = random.Random(f"{seed} {name}")
        self.stop, self.drain = stop, drain
        self.caller = self.make_caller(url)
        self.id = None
        self.op = self.poll = 0
        self.next = {}

    def make_caller(self, url):
        return HttpCaller(url)

    def run(self):
        self._register()
        end = None
        while self.id is not None:
            end = end or (time.monotonic() + DRAINING_S if self.drain.is_set() else None)
            draining = end is not None
            messages = self.consume(self.choose.choice((1, 5, 50, 300)) if not draining else 1000)
            if draining and (messages == [] or time.monotonic() > end):
                break
            if self.choose.random() < 0.05:
                self._ask_positions()
            time.sleep(0 if draining else self.choose.uniform(0, 0.2))
        if self.id is not None:
            self.history.write("drained", client=self.name, topic=self.topic, positions=sorted(self.next.items()))

    def consume(self, most):
        """One consume, with `poll` asked again until it is answered. The messages, or None."""
        op, self.op = self.op, self.op + 1
        body = {"topic": self.topic, "consumer_id": self.id, "max": most, "wait_ms": self.choose.choice((0, 100, 500))}
        body["commit"] = "manual" if self.mode == "manual" else "auto"
        repeats = 1
        if self.mode == "poll":
            self.poll += 1
            body["poll"] = self.poll
            repeats = 400
        for attempt in range(repeats):
            messages = self._attempt(op, attempt, body)
            if messages is not None:
                if self.mode == "poll" and self.choose.random() < 0.03:
                    messages = self._attempt(op, attempt + 1, body) or messages
                self._keep(messages)
                return messages
            time.sleep(PAUSE_S)
        return None

    def _attempt(self, op, attempt, body):
        start = events.now()
        answer = self.caller.call("POST", "/consumer/consume", body)
        end = events.now()
        told = answer.body.get("messages", []) if answer.ok else []
        messages = [[one["partition"], one["offset"], events.digest_of_json(one)] for one in told]
        self.history.write("consume", client=self.name, op=op, mode=self.mode, poll=body.get("poll"), start=start,
                           end=end, topic=self.topic, ok=answer.ok, code=None if answer.ok else answer.code,
                           skipped=answer.body.get("skipped", 0), messages=messages, **{"try": attempt})
        if answer.surprising:
            self.history.write("surprise", client=self.name, op=op, start=start, end=end,
                               text=f"{answer.status} {answer.body}")
        return messages if answer.ok else None

    def _keep(self, messages):
        for partition, offset, _ in messages:
            self.next[partition] = max(self.next.get(partition, 0), offset + 1)
        if self.mode == "manual" and messages and self.choose.random() < 0.4:
            self._commit()

    def _commit(self):
        positions = [{"partition": p, "offset": o} for p, o in sorted(self.next.items())]
        start = events.now()
        answer = self.caller.call("POST", "/consumer/commit", {"consumer_id": self.id, "positions": positions})
        if answer.ok:
            self.history.write("position", client=self.name, topic=self.topic, source="commit", start=start,
                               end=events.now(), positions=sorted(self.next.items()))

    def _ask_positions(self):
        start = events.now()
        answer = self.caller.call("GET", f"/consumer/{self.id}")
        if answer.ok:
            told = answer.body["consumer"]["positions"]
            self.history.write("position", client=self.name, topic=self.topic, source="committed", start=start,
                               end=events.now(), positions=[[one["partition"], one["offset"]] for one in told])

    def _register(self):
        while self.id is None and not self.stop.is_set():
            answer = self.caller.call("POST", "/consumer/register", {"topic": self.topic})
            if answer.ok:
                self.id = answer.body["consumer_id"]
                self.history.write("registered", client=self.name, topic=self.topic, consumer_id=self.id)
            else:
                time.sleep(PAUSE_S)


class SlowCaller(HttpCaller):
    """Reads its answers a little at a time."""

    def _read(self, told):
        content = b""
        while chunk := told.read(4096):
            content += chunk
            time.sleep(0.005)
        return content


class SlowConsumer(HttpConsumer):
    def make_caller(self, url):
        return SlowCaller(url)


class DisconnectingCaller(HttpCaller):
    """Goes away at any stage of a consume, until `stop` is set; what it has read whole counts as an answer."""

    STAGES = ("whole", "half", "close at once", "reset at once", "close in the middle", "reset in the middle")

    def __init__(self, url, choose, stop):
        super().__init__(url)
        self.choose, self.stop = choose, stop

    def call(self, method, path, body=None):
        if path != "/consumer/consume" or self.stop.is_set():
            return super().call(method, path, body)
        stage = self.choose.choice(self.STAGES)
        try:
            with socket.create_connection((self.host, self.port), timeout=self.timeout_s) as connection:
                return self._leave(connection, stage, json.dumps(body).encode())
        except (OSError, ValueError) as problem:
            return Answer(0, {}, f"{stage}: {problem}", events.UNKNOWN)

    def _leave(self, connection, stage, data):
        head = f"POST /consumer/consume HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(data)}\r\n\r\n"
        connection.sendall(head.encode() + data)
        if "middle" in stage:
            connection.recv(self.choose.randrange(1, 3000))
        if "reset" in stage:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if stage == "half":
            connection.shutdown(socket.SHUT_WR)
        if stage not in ("half", "whole"):
            return Answer(0, {}, stage, events.UNKNOWN)
        content = b""
        while chunk := connection.recv(65536):
            content += chunk
        while content.startswith(b"HTTP/1.1 1"):
            content = content.split(b"\r\n\r\n", 1)[1]
        head, _, text = content.partition(b"\r\n\r\n")
        return Answer(int(head.split()[1]), json.loads(text))


class DisconnectingConsumer(HttpConsumer):
    def make_caller(self, url):
        return DisconnectingCaller(url, self.choose, self.stop)


class Watcher(threading.Thread):
    """Asks for the high watermarks of a topic again and again."""

    def __init__(self, name, url, history, topic, stop):
        super().__init__(name=name, daemon=True)
        self.caller, self.history, self.topic, self.stop = HttpCaller(url), history, topic, stop

    def run(self):
        while not self.stop.wait(0.2):
            start = events.now()
            answer = self.caller.call("GET", f"/topics/{self.topic}")
            end = events.now()
            if answer.surprising:
                self.history.write("surprise", client=self.name, op=0, start=start, end=end,
                                   text=f"{answer.status} {answer.body}")
            for one in answer.body["topic"]["partitions"] if answer.ok else ():
                if one["high_watermark"] is not None and one["log_start_offset"] is not None:
                    self.history.write("watermark", topic=self.topic, partition=one["partition"], source="topics",
                                       start=start, end=end, high=one["high_watermark"],
                                       log_start=one["log_start_offset"])


class TopicChurn(threading.Thread):
    """Topics that come and go meanwhile: made, written, read and deleted. Their data is not part of the history."""

    def __init__(self, url, seed, stop):
        super().__init__(name="churn", daemon=True)
        self.caller, self.stop = HttpCaller(url), stop
        self.choose = random.Random(f"{seed} churn")
        self.made = self.deleted = 0

    def run(self):
        number = 0
        while not self.stop.wait(1.0):
            number += 1
            name = f"churn-{number}"
            if not self.caller.call("POST", "/topics", {"name": name, "partitions": self.choose.randrange(1, 4)}).ok:
                continue
            self.made += 1
            producer = self.caller.call("POST", "/producer/register", {"topic": name})
            for n in range(5 if producer.ok else 0):
                body = {"topic": name, "producer_id": producer.body["producer_id"], "message": str(n)}
                self.caller.call("POST", "/producer/produce", body)
            if number % 4:
                self.deleted += self.caller.call("DELETE", f"/topics/{name}").ok
