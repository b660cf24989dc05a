"""The owner of a consumer is killed or stands still: the next one answers, nothing is skipped, the gap is short."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from consumers import Consumer, Reader, append, make_topic

# The load balancer notices a manager that stands still after at most a second and a half, and another manager takes a
# consumer over when its owner has not shown for a second that it works on the request. The rest is room for a loaded
# machine, and less than the time-out of a request (10 s).
LONGEST_GAP_S = 6


class Modes:
    """How a consumer reads five messages, for each way to commit."""

    def __init__(self, consumer, reader):
        self.consumer, self.reader, self.poll = consumer, reader, 0

    def auto(self):
        self.reader.took(self.consumer.read_patiently(max=5, wait_ms=200))

    def manual(self):
        messages = self.consumer.read_patiently(max=5, wait_ms=200, commit="manual")
        self.reader.took(messages)
        if messages:
            last = {message["partition"]: message["offset"] + 1 for message in messages}
            status, _, answer = self.consumer.commit(last)
            assert status == 200 or answer["retriable"], answer

    def numbered(self):
        self.poll += 1
        # The answer is lost once in a while: the same number asks for it again.
        if self.poll % 3 == 0:
            self.consumer.read_patiently(max=5, wait_ms=200, poll=self.poll)
        self.reader.took(self.consumer.read_patiently(max=5, wait_ms=200, poll=self.poll))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
@pytest.mark.parametrize("mode", ["auto", "manual", "numbered"])
def test_a_consumer_goes_on_without_a_gap(cluster, mode, how):
    topic = f"take-over-{mode}-{how.name.lower()}"
    make_topic(cluster, topic, 2, [str(n) for n in range(200)])
    reader = Reader()
    consumer = Consumer(cluster, topic)
    read = getattr(Modes(consumer, reader), mode)
    longest = 0
    # Each manager is hit once, so that one of them is the owner.
    for victim in cluster.processes("read_manager"):
        for _ in range(3):
            read()
        if how == signal.SIGKILL:
            cluster.kill(victim)
        else:
            os.kill(victim["pid"], how)
        try:
            for _ in range(4):
                began = time.monotonic()
                read()
                longest = max(longest, time.monotonic() - began)
        finally:
            if how == signal.SIGSTOP:
                os.kill(victim["pid"], signal.SIGCONT)
        if how == signal.SIGSTOP:
            for _ in range(3):  # at once: the stopped one believes that it is still the owner
                read()
        cluster.revive()
    append(cluster, topic, 2, ["last", "last"])
    end = time.monotonic() + 20
    while reader.total() < 202 and time.monotonic() < end:
        read()
    assert reader.total() == 202
    assert longest < LONGEST_GAP_S


def test_an_owner_that_stops_after_it_has_confirmed_a_request_is_replaced(cluster):
    make_topic(cluster, "take-over-confirmed", 1, [str(n) for n in range(5)])
    consumer = Consumer(cluster, "take-over-confirmed")
    owner, other = cluster.processes("read_manager")[:2]
    consumer.url = owner["http"]
    assert len(consumer.read(max=5, commit="manual")) == 5
    consumer.url = other["http"]
    with ThreadPoolExecutor(1) as background:
        waiting = background.submit(consumer.read_patiently, max=5, wait_ms=20_000, poll=1, commit="manual")
        time.sleep(2)  # twice what the owner has to confirm: it serves a long poll, and says so
        assert not waiting.done()
        with cluster.frozen(owner):
            began = time.monotonic()
            assert len(waiting.result()) == 5, "the new owner begins at the committed position"
            assert time.monotonic() - began < LONGEST_GAP_S
