"""Native Kafka clients (librdkafka, through the driver of foreign_clients/) that work while something is done to the
cluster, and what they saw: the counterpart of steady_load.py, judged by the same `check_delivery`.

One idempotent producer sends numbered records at a steady pace into one partition; one consumer reads them.
"""

import dataclasses
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "foreign_clients"))

import toolchains  # noqa: E402
from driver_session import DriverSession, payload, record  # noqa: E402

import steady_load  # noqa: E402

CLIENT = "librdkafka-2.0.2"
PER_SECOND = 250
PATIENCE_S = 60
# What docs/guarantees.md tells users of librdkafka to set: its own time-outs are made for slower clusters.
OPTIONS = {
    "socket.timeout.ms": "500",
    "socket.connection.setup.timeout.ms": "1000",
    "reconnect.backoff.ms": "20",
    "reconnect.backoff.max.ms": "200",
    "retry.backoff.ms": "20",
    "topic.metadata.refresh.fast.interval.ms": "50",
    "enable.sparse.connections": "false",
}


def driver_command():
    """The command of the driver; toolchains.Missing says why there is none."""
    return toolchains.CLIENTS[CLIENT].prepare()


@dataclasses.dataclass
class Acknowledged:
    number: int
    began: float  # as late as it can have been: when its answer came
    ended: float
    answer: dict


class _Worker(threading.Thread):
    def __init__(self, command, log, **job):
        super().__init__(daemon=True)
        self.failure = None
        self.problems = []
        self.session = DriverSession(CLIENT, command, log)
        self.session.start(**job)
        self.start()

    def run(self):
        try:
            for line in self.session.lines(timeout_s=PATIENCE_S):
                self.take(line, time.monotonic())
        except Exception as failure:  # told where `finish` is called
            self.failure = failure

    def finish(self):
        self.join(timeout=PATIENCE_S + 10)
        self.session.stop()
        if self.failure is not None:
            raise self.failure
        assert not self.is_alive(), f"{type(self).__name__} hangs"

    def errors(self):
        return list(self.problems)


class Producer(_Worker):
    """Record n is the text "n"; all are sent within `seconds`, and waited for."""

    def __init__(self, cluster, topic, command, log, seconds):
        self.calls = []
        self.count = int(seconds * PER_SECOND)
        records = [record(b"%d" % number, partition=0) for number in range(self.count)]
        to = {"brokers": ",".join(cluster.kafka_addresses()), "topic": topic}
        super().__init__(
            command, log, do="produce", **to, records=records, idempotent=True, pace_per_s=PER_SECOND, options=OPTIONS
        )

    def take(self, line, now):
        if "error" in line:
            self.problems.append(line)
        else:
            answer = {"partition": line["partition"], "offset": line["offset"]}
            self.calls.append(Acknowledged(line["n"], now, now, answer))

    def gap_ms(self, since, until=None):
        return steady_load.longest_gap_ms([call.ended for call in list(self.calls)], since, until)


class Consumer(_Worker):
    """Reads until it has as many records as the producer sends."""

    def __init__(self, cluster, topic, command, log, count):
        self.seen = []
        to = {"brokers": ",".join(cluster.kafka_addresses()), "topic": topic}
        options = {**OPTIONS, "fetch.wait.max.ms": "100", "fetch.error.backoff.ms": "20"}
        places = [{"partition": 0, "at": "earliest"}]
        super().__init__(
            command, log, do="consume", **to, partitions=places, count=count, timeout_ms=PATIENCE_S * 1000, options=options
        )

    def take(self, line, now):
        if "consumer_error" in line:
            self.problems.append(line)
        elif "value" in line:
            self.seen.append((now, int(payload(line["value"])), (line["partition"], line["offset"])))

    def gap_ms(self, since, until=None):
        return steady_load.longest_gap_ms([when for when, _, _ in list(self.seen)], since, until)


class Load:
    """A topic of one partition with its native clients; a stand-in for faults.Load."""

    def __init__(self, cluster, topic, folder, seconds):
        cluster.api("POST", "/topics", {"name": topic, "partitions": 1})
        cluster.leader_of(topic)
        command = driver_command()
        self.topic = topic
        self.producer = Producer(cluster, topic, command, pathlib.Path(folder) / f"{topic}-producer.log", seconds)
        log = pathlib.Path(folder) / f"{topic}-consumer.log"
        self.consumer = Consumer(cluster, topic, command, log, self.producer.count)

    def wait_until_flowing(self):
        end = time.monotonic() + PATIENCE_S
        while not self.consumer.seen:
            assert time.monotonic() < end and self.producer.failure is None and self.consumer.failure is None
            time.sleep(0.02)
        time.sleep(0.3)  # some before the fault

    def finish(self):
        """Everything was acknowledged once and read once, in order, where its acknowledgement said."""
        self.producer.finish()
        self.consumer.finish()
        assert self.producer.errors() == []
        assert sorted(call.number for call in self.producer.calls) == list(range(self.producer.count))
        numbers = [number for _, number, _ in self.consumer.seen]
        assert numbers == list(range(self.producer.count)), "lost, doubled or out of order"
        steady_load.check_delivery(self.producer, self.consumer)
