"""Native clients (librdkafka) in a process of their own: the library is fetched for the foreign clients' tests.

Started with a JSON job as its argument; `stop` on standard input ends the producers, `drain {...}` gives the high
watermarks up to which the consumers read before the process ends.
"""

import json
import pathlib
import random
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from history import events  # noqa: E402
from history.messages import MessageMaker  # noqa: E402

FINISHING_S = 60


class NativeProducer(threading.Thread):
    """`idempotent`: numbered by the library, so that nothing is doubled and order is kept whatever fails."""

    def __init__(self, name, job, history, stop, idempotent):
        super().__init__(name=name, daemon=True)
        self.job, self.history, self.stop = job, history, stop
        self.choose = random.Random(f"{job['seed']} {name}")
        self.maker = MessageMaker(name, self.choose, job["partitions"])
        self.under_way = {}
        self.producer = Producer({
            "bootstrap.servers": job["brokers"],
            "enable.idempotence": idempotent,
            "acks": "all",
            "compression.type": "gzip" if idempotent else "none",
            "linger.ms": 5,
            "partitioner": "murmur2_random",
            "delivery.timeout.ms": 240_000,
            "socket.timeout.ms": 10_000,
            "reconnect.backoff.max.ms": 500,
            "topic.metadata.refresh.interval.ms": 5_000,
            "error_cb": self._broken,
        })
        history.write("client", client=name, sequenced=idempotent, ordered=idempotent, resends=True)

    def run(self):
        op = 0
        due = time.monotonic()
        while not self.stop.is_set():
            due = max(due + 1 / self.job["rate"], time.monotonic() - 1)
            if len(self.under_way) < 2000:
                self._send(op)
                op += 1
            self.producer.poll(max(0.0, due - time.monotonic()))
        self.producer.flush(FINISHING_S)
        for op, (start, noted) in list(self.under_way.items()):
            self._note(op, start, noted, {"ok": False, "outcome": events.UNKNOWN, "code": "no report"})

    def _send(self, op):
        key, value, headers, partition = message = self.maker.make(op, 0)
        self.under_way[op] = (events.now(), MessageMaker.noted(message))
        where = {} if partition is None else {"partition": partition}
        self.producer.produce(self.job["topic"], value, key, headers=headers, on_delivery=self._told(op), **where)

    def _told(self, op):
        def told(error, message):
            start, noted = self.under_way.pop(op)
            result = {"ok": True, "partition": message.partition(), "offset": message.offset()}
            if error is not None:
                result = {"ok": False, "outcome": events.UNKNOWN, "code": str(error)}
            self._note(op, start, noted, result)

        return told

    def _note(self, op, start, noted, result):
        self.history.write("produce", client=self.name, op=op, start=start, end=events.now(), topic=self.job["topic"],
                           items=[noted], results=[result], **{"try": 0})

    def _broken(self, error):
        if error.fatal():
            self.history.write("surprise", client=self.name, op=0, start=events.now(), end=events.now(), text=str(error))


class NativeConsumer(threading.Thread):
    """Reads every partition from its beginning and keeps its own place."""

    def __init__(self, name, job, history, wanted):
        super().__init__(name=name, daemon=True)
        self.job, self.history, self.wanted = job, history, wanted
        self.next = {partition: 0 for partition in range(job["partitions"])}
        self.op = 0
        self.consumer = Consumer({
            "bootstrap.servers": job["brokers"],
            "group.id": "unused",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "reconnect.backoff.max.ms": 500,
            "topic.metadata.refresh.interval.ms": 5_000,
        })

    def run(self):
        self._assign()
        end = None
        while True:
            self._consume()
            if self.wanted:
                end = end or time.monotonic() + FINISHING_S
                if all(self.next[p] >= high for p, high in self.wanted.items()) or time.monotonic() > end:
                    break
        self.history.write("drained", client=self.name, topic=self.job["topic"], positions=sorted(self.next.items()))
        self.consumer.close()

    def _assign(self):
        self.consumer.assign([TopicPartition(self.job["topic"], p, offset) for p, offset in self.next.items()])

    def _consume(self):
        start = events.now()
        got = self.consumer.consume(200, 0.5)
        end = events.now()
        messages = []
        for one in got:
            if one.error():
                self._failed(one.error(), start, end)
                continue
            digest = events.digest_of(one.key(), one.value(), one.headers() or [])
            messages.append([one.partition(), one.offset(), digest])
            self.next[one.partition()] = one.offset() + 1
        if messages:
            self.op += 1
            self.history.write("consume", client=self.name, op=self.op, mode="native", start=start, end=end,
                               topic=self.job["topic"], ok=True, messages=messages, **{"try": 0})

    def _failed(self, error, start, end):
        """An offset that was read to is never out of range: nothing was lost, so that is a surprise."""
        if error.code() == KafkaError._AUTO_OFFSET_RESET:
            self.history.write("surprise", client=self.name, op=self.op, start=start, end=end, text=str(error))
            self._assign()


def main():
    job = json.loads(sys.argv[1])
    history = events.HistoryWriter(pathlib.Path(job["history"]))
    stop, wanted = threading.Event(), {}
    producers = [NativeProducer(f"{job['name']}-idempotent", job, history, stop, True),
                 NativeProducer(f"{job['name']}-resending", job, history, stop, False)]
    consumer = NativeConsumer(f"{job['name']}-consumer", job, history, wanted)
    for thread in (*producers, consumer):
        thread.start()
    for line in sys.stdin:
        command, _, rest = line.strip().partition(" ")
        if command == "stop":
            stop.set()
            for producer in producers:
                producer.join()
            print("stopped", flush=True)
        elif command == "drain":
            wanted.update({int(p): high for p, high in json.loads(rest).items()})
            consumer.join()
            break
    history.close()
    print("drained", flush=True)


if __name__ == "__main__":
    main()
