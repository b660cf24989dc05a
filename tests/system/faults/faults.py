"""The faults and what they hit, for the tests of this folder and for benchmarks/gaps.

A fault is something that is done to one process; `Target` finds the process that plays a role at the moment.
"""

import contextlib
import dataclasses
import time

import steady_load
from cluster import api
from cluster.failure import ClusterFailure

CLIENT_TIMEOUT_S = 2.0  # of a client whose load balancer does not answer: nobody but the client can notice
PATIENT_S = 20.0


@dataclasses.dataclass
class Load:
    """A topic with its clients. Both partitions of the topic are written and read all the time."""

    topic: str
    producer: steady_load.Producer
    consumer: steady_load.Consumer

    def finish(self):
        self.producer.finish()
        self.consumer.finish()
        steady_load.check_delivery(self.producer, self.consumer)


def _create_topic(cluster, topic, partitions, patience_s=20.0):
    """As a client does: 503 asks it to try again, and just after a fault it may come."""
    end = time.monotonic() + patience_s
    while True:
        try:
            return cluster.api("POST", "/topics", {"name": topic, "partitions": partitions})
        except ClusterFailure as failure:
            if "answered 409" in str(failure):  # an attempt that was answered 503 had made it
                return None
            if "answered 503" not in str(failure) or time.monotonic() > end:
                raise
            time.sleep(0.2)


def start_load(cluster, topic, partitions=1, target=""):
    _create_topic(cluster, topic, partitions)
    cluster.leader_of(topic)
    timeout_s = CLIENT_TIMEOUT_S if target == "load_balancer" else PATIENT_S
    producer = steady_load.Producer(cluster, topic, timeout_s=timeout_s)
    return Load(topic, producer, steady_load.Consumer(cluster, topic, producer, timeout_s=timeout_s))


def _leader(cluster, load):
    return cluster.broker_of(cluster.leader_of(load.topic))


def _follower(cluster, load):
    leads = cluster.leader_of(load.topic)
    return next(entry for entry in cluster.processes("broker") if entry["broker_id"] != leads)


def _consumed(entry):
    text = api.get(entry["http"] + "/metrics")
    found = [line for line in text.splitlines() if line.startswith("marquee_read_manager_messages_consumed_total")]
    return sum(float(line.split()[-1]) for line in found)


def _owner(cluster, load):
    """The read manager that delivers to the consumer just now."""
    managers = cluster.processes("read_manager")
    before = [_consumed(entry) for entry in managers]
    time.sleep(0.3)
    delivered = [_consumed(entry) - then for entry, then in zip(managers, before)]
    return managers[delivered.index(max(delivered))]


def _controller(cluster, load):
    """The write manager that holds the office; the first one while nobody does."""
    holder = cluster.api("GET", "/cluster").get("controller")
    managers = cluster.processes("write_manager")
    return next((entry for entry in managers if entry["name"] == holder), managers[0])


TARGETS = {
    "leader": _leader,
    "follower": _follower,
    "write_manager": lambda cluster, load: cluster.processes("write_manager")[0],
    "controller": _controller,
    "read_manager": _owner,
    "load_balancer": lambda cluster, load: cluster.processes("load_balancer")[0],
}


@contextlib.contextmanager
def _killed(cluster, entry):
    cluster.kill(entry)
    yield


@contextlib.contextmanager
def _frozen(cluster, entry):
    with cluster.frozen(entry):
        yield


@contextlib.contextmanager
def _cut(cluster, entry):
    cluster.isolate(entry)
    yield
    cluster.heal()


@contextlib.contextmanager
def _deaf(cluster, entry):
    """It sends and hears nothing."""
    for other in cluster.network.names():
        if other != entry["name"]:
            cluster.cut(other, entry, "a_to_b")
    yield
    cluster.heal()


@contextlib.contextmanager
def _mute(cluster, entry):
    """It hears and nobody hears it."""
    for other in cluster.network.names():
        if other != entry["name"]:
            cluster.cut(entry, other, "a_to_b")
    yield
    cluster.heal()


FAULTS = {"kill": _killed, "stop": _frozen, "cut": _cut, "deaf": _deaf, "mute": _mute}
NEED_NETWORK = ("cut", "deaf", "mute")


@dataclasses.dataclass
class Gap:
    """What the clients saw of one fault, in ms."""

    produce: float
    consume: float
    errors: list


def strike(cluster, load, fault, target, hold_s):
    """Does it for `hold_s`, takes it back, waits until all is ready again; gives the longest gaps meanwhile."""
    entry = TARGETS[target](cluster, load)
    before = len(load.producer.errors()) + len(load.consumer.errors())
    began = time.monotonic()
    with FAULTS[fault](cluster, entry):
        time.sleep(hold_s)
    healed = time.monotonic()
    cluster.revive()
    _wait_for_progress(load, healed)
    until = time.monotonic()
    errors = (load.producer.errors() + load.consumer.errors())[before:]
    return Gap(load.producer.gap_ms(began, until), load.consumer.gap_ms(began, until), errors)


def _wait_for_progress(load, since, patience_s=30.0):
    """Both have got something that began after `since`."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        for worker in (load.producer, load.consumer):
            if worker.failure is not None:
                raise worker.failure
        produced = load.producer.calls and load.producer.calls[-1].began > since
        if produced and load.consumer.seen and load.consumer.seen[-1][0] > since:
            return
        time.sleep(0.02)
    raise AssertionError(f"{load.topic}: no progress within {patience_s:.0f} s after the fault was taken back")
