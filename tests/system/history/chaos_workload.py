"""The clients of a chaos run, and the probes that tell whether the cluster is back."""

import json
import pathlib
import subprocess
import sys
import threading
import time

from history import events
from history.http_consumers import (
    DisconnectingConsumer,
    HttpConsumer,
    SlowConsumer,
    TopicChurn,
    Watcher,
)
from history.http_producers import HttpProducer, Sequences

HERE = pathlib.Path(__file__).resolve().parent
TOPICS = (("chaos", 3, {}), ("chaos-relaxed", 1, {"durability": "relaxed"}))
NATIVE = "librdkafka-2.16.1"
PROGRESS_S = 60


class Workload:
    """All clients of a run. `rate` is what each producer sends a second."""

    def __init__(self, cluster, folder, seed, rate):
        self.cluster, self.folder, self.seed, self.rate = cluster, folder, seed, rate
        self.history = events.HistoryWriter(folder / "http.jsonl")
        self.stop, self.drain = threading.Event(), threading.Event()
        self.producers, self.consumers, self.others = [], [], []
        self.native = []
        self.missing = None

    def start(self):
        for topic, partitions, config in TOPICS:
            self.cluster.api("POST", "/topics", {"name": topic, "partitions": partitions, "config": config})
            self._make_clients(topic, partitions)
        self.probe = Probe(self.cluster.url, self.history, TOPICS[0][0], TOPICS[0][1], self.seed, self.stop)
        self.others.append(TopicChurn(self.cluster.url, self.seed, self.stop))
        self._start_native(TOPICS[0][0], TOPICS[0][1])
        for thread in (*self.producers, *self.consumers, *self.others):
            thread.start()

    def _make_clients(self, topic, partitions):
        def producer(name, sequences=None, shared=False):
            made = HttpProducer(f"{topic}-{name}", self.cluster.url, self.history, topic, partitions, self.seed,
                                self.rate, self.stop, sequences, shared)
            self.producers.append(made)

        def consumer(kind, name, mode):
            made = kind(f"{topic}-{name}", self.cluster.url, self.history, topic, mode, self.seed, self.stop, self.drain)
            self.consumers.append(made)

        producer("sequenced-1", Sequences())
        producer("sequenced-2", Sequences())
        producer("plain")
        shared = Sequences()
        producer("shared-1", shared, shared=True)
        producer("shared-2", shared, shared=True)
        consumer(HttpConsumer, "auto", "auto")
        consumer(HttpConsumer, "manual", "manual")
        consumer(HttpConsumer, "poll", "poll")
        consumer(SlowConsumer, "slow", "auto")
        consumer(DisconnectingConsumer, "disconnecting", "disconnecting")
        self.others.append(Watcher(f"{topic}-watcher", self.cluster.url, self.history, topic, self.stop))

    def _start_native(self, topic, partitions):
        sys.path.insert(0, str(HERE.parent / "foreign_clients"))
        import toolchains

        command, self.missing = toolchains.prepare(NATIVE)
        if command is None:
            return
        job = {"name": f"{topic}-native", "topic": topic, "partitions": partitions, "seed": self.seed,
               "rate": self.rate * 2, "brokers": ",".join(self.cluster.kafka_addresses()),
               "history": str(self.folder / "native.jsonl")}
        with open(self.folder / "native.log", "ab") as log:
            self.native.append(subprocess.Popen(
                [*command[:-1], str(HERE / "kafka_clients.py"), json.dumps(job)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True))

    def finish(self):
        """Producers end, then consumers read all that is left. Gives {topic: {partition: high watermark}}."""
        self.stop.set()
        for thread in (*self.producers, *self.others):
            thread.join(timeout=120)
        self._tell("stop")
        ends = {topic: self._ends(topic) for topic, _, _ in TOPICS}
        self.drain.set()
        self._tell("drain " + json.dumps(ends[TOPICS[0][0]]))
        for thread in self.consumers:
            thread.join(timeout=120)
        for process in self.native:
            process.wait(timeout=30)
        return ends

    def _tell(self, command):
        for process in self.native:
            process.stdin.write(command + "\n")
            process.stdin.flush()
            process.stdout.readline()

    def _ends(self, topic):
        """Until every partition has a leader that tells, and every replica has it all."""
        end = time.monotonic() + 60
        while True:
            try:
                told = self.cluster.api("GET", f"/topics/{topic}")["topic"]["partitions"]
                if all(one["high_watermark"] is not None for one in told) and all(
                        replica["in_sync"] for one in told for replica in one["replicas"]):
                    return {one["partition"]: one["high_watermark"] for one in told}
            except Exception as problem:
                told = problem
            if time.monotonic() > end:
                raise AssertionError(f"{topic} was not whole within 60 s after the last fault: {told}")
            time.sleep(0.1)

    def stop_native(self):
        for process in self.native:
            if process.poll() is None:
                process.kill()
                process.wait()


class Probe:
    """After each fault: every partition takes a message again, and a consumer gets messages again."""

    def __init__(self, url, history, topic, partitions, seed, stop):
        self.partitions = partitions
        self.producer = HttpProducer("probe", url, history, topic, partitions, seed, 1, stop)
        self.consumer = HttpConsumer("probe-consumer", url, history, topic, "auto", seed, stop, stop)
        self.consumer._register()

    def progress_ms(self, healed):
        """Milliseconds since `healed`, or None if there was none in time."""
        wanted = set(range(self.partitions))
        read = False
        while events.now() - healed < PROGRESS_S * 1e9:
            for partition in sorted(wanted):
                if self.producer.produce(1, partition):
                    wanted.discard(partition)
            if not wanted and not read:
                read = bool(self.consumer.consume(20))
            if not wanted and read:
                return (events.now() - healed) // 1_000_000
            time.sleep(0.02)
        return None


