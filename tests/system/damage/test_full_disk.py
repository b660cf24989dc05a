"""One broker's data directory is a small file system of its own that fills up: it steps aside, and comes back.

MARQUEE_DEEP=1 adds the follower's side, a crash on the full disk and more rounds."""

import contextlib
import os
import pathlib
import re
import subprocess
import time
import urllib.error
import urllib.request

import pytest
import running_cluster
import small_disk
from steady_load import Consumer, Producer, check_delivery

MIB = 1 << 20
DISK_MIB = 256
RESERVE_MIB = 8
SMALL = "broker-1"
GAP_MS = 5_000  # a hand-over takes milliseconds; the machine may be busy
SETTINGS = {"raft": {"wal_file_bytes": MIB, "checkpoint_bytes": 2 * MIB}, "retention": {"check_ms": 400}}
DEEP = os.environ.get("MARQUEE_DEEP") == "1"


class SmallDiskCluster(running_cluster.RunningCluster):
    """One of its brokers has a small disk of its own."""

    def small(self):
        return next(entry for entry in self.processes("broker") if entry["name"] == SMALL)

    def folder(self):
        return pathlib.Path(self.small()["data_dir"])

    def reserve(self, reserve_bytes):
        """Starts the broker with the small disk again with another `disk.reserve_bytes`."""
        settings = self.layout.settings_of.setdefault(SMALL, {})
        if settings.get("disk") == {"reserve_bytes": reserve_bytes} and self.is_alive(self.small()):
            return
        settings["disk"] = {"reserve_bytes": reserve_bytes}
        if self.is_alive(self.small()):
            self.kill(self.small())
        self.control.restart(SMALL)

    def lead(self, topic):
        """Makes the small broker lead; others are asked again until it does."""
        try:
            self.until(f"{SMALL} does not lead {topic}", lambda: self._asked_to_lead(topic))
        except AssertionError as why:
            raise AssertionError(f"{why}\n{self.raft('status', topic).stdout.decode()}") from why

    def _asked_to_lead(self, topic):
        me = self.small()["broker_id"]
        if self.leader_of(topic) == me:
            return True
        self.raft("transfer", topic, "--to", str(me))
        return False

    def raft(self, what, topic, *more):
        state_dir = str(self.layout.state_dir)
        return self.marquee("raft", what, "--partition", f"{topic}/0", "--state-dir", state_dir, *more, check=False)

    def until(self, what, holds, timeout_s=40):
        end = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < end, f"{what}; its log ends with:\n{self.log_of(self.small())[-3000:]}"
            time.sleep(0.1)

    def metric(self, name):
        with urllib.request.urlopen(self.small()["http"] + "/metrics", timeout=10) as answer:
            found = re.search(rf"^{name} (\S+)$", answer.read().decode(), re.MULTILINE)
        return float(found[1]) if found else None

    def not_ready(self):
        """What /ready answers, or None if it is ready."""
        try:
            with urllib.request.urlopen(self.small()["http"] + "/ready", timeout=10):
                return None
        except urllib.error.HTTPError as error:
            return error.read().decode()

    def told_disk(self):
        """What the managers were told of the small broker's disk: they give it no leadership while it is full."""
        me = self.small()["broker_id"]
        return next(one["disk"] for one in self.api("GET", "/cluster")["processes"] if one.get("broker_id") == me)

    def is_aside(self):
        return self.metric("marquee_broker_disk_low") == 1 and self.metric("marquee_raft_groups_led") == 0


@pytest.fixture(scope="module")
def cluster(binary, tmp_path_factory):
    state_dir = tmp_path_factory.mktemp("full")
    layout = running_cluster.make_layout(
        binary,
        state_dir,
        running_cluster.free_offset(),
        broker_settings=SETTINGS,
        settings_of={SMALL: {"disk": {"reserve_bytes": RESERVE_MIB * MIB}}},
    )
    folder = pathlib.Path(next(process for process in layout.processes() if process.name == SMALL).data_dir)
    with small_disk.mounted(folder, state_dir / "disk.img", DISK_MIB):
        yield from running_cluster.run(SmallDiskCluster(layout))


@contextlib.contextmanager
def load(cluster, topic):
    """A producer with sequences and a consumer that go on all the time; both are judged at the end."""
    cluster.marquee("topic", "create", topic, "--partitions", "1")
    producer = Producer(cluster, topic)
    consumer = Consumer(cluster, topic, producer)
    begun = time.monotonic()
    yield
    until = time.monotonic()
    producer.finish()
    consumer.finish()
    check_delivery(producer, consumer)
    # What a client sees is retried inside: a client with its own retries may see a few, but no pause.
    assert producer.gap_ms(begun, until) < GAP_MS, producer.errors()[:5]


class Pressure:
    """Large records to a topic of their own, acknowledged one after the other."""

    def __init__(self, cluster, topic):
        self.cluster, self.topic, self.sent = cluster, topic, 0
        cluster.marquee("topic", "create", topic, "--partitions", "1")
        self.producer = cluster.api("POST", "/producer/register", {"topic": topic})["producer_id"]

    def send(self, mib):
        for _ in range(mib * 4):
            body = {"topic": self.topic, "producer_id": self.producer, "sequence": self.sent}
            body["message"] = f"{self.sent} {'x' * (MIB // 4)}"
            self.cluster.api("POST", "/producer/produce", body)
            self.sent += 1

    def send_until(self, what, holds):
        for _ in range(60):
            if holds():
                return
            self.send(1)
        self.cluster.until(what, holds)


def verify(cluster):
    """Reads the whole log of the small broker, which has to be down."""
    command = [str(cluster.layout.binary), "log", "verify", str(cluster.folder())]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_leader_near_a_full_disk_hands_over_and_comes_back(cluster):
    cluster.reserve(RESERVE_MIB * MIB)
    with load(cluster, "nearly"):
        cluster.lead("nearly")
        with small_disk.filled(cluster.folder(), (RESERVE_MIB - 2) * MIB):
            cluster.until("it goes on leading", cluster.is_aside)
            why = cluster.not_ready()
            assert why and "nearly full" in why and "disk.reserve_bytes" in why
            cluster.until("managers do not know", lambda: cluster.told_disk() == "full")
            # As a follower it goes on until half of the reserve is left, and then no further.
            Pressure(cluster, "more-than-fits").send(10)
            assert small_disk.free_bytes(cluster.folder()) > (RESERVE_MIB // 2 - 1) * MIB, "it took what is kept free"
            assert cluster.is_alive(cluster.small())
        cluster.until("not ready again", lambda: cluster.not_ready() is None)
        cluster.until("managers do not know", lambda: cluster.told_disk() == "ok")
    assert cluster.log_of(cluster.small()).count("takes no records until") == 1
    cluster.lead("nearly")


def test_leader_that_meets_a_full_disk_steps_aside_and_comes_back_without_a_restart(cluster):
    cluster.reserve(0)
    pid = cluster.small()["pid"]
    with load(cluster, "full"):
        pressure = Pressure(cluster, "pressing")
        cluster.lead("full")
        with small_disk.filled(cluster.folder()):
            pressure.send_until("it goes on leading", cluster.is_aside)
            why = cluster.not_ready()
            assert why and "its log cannot grow" in why and str(cluster.folder()) in why
            pressure.send(4)
        cluster.until("not ready again", lambda: cluster.not_ready() is None)
        cluster.lead("full")
        pressure.send(1)
    assert cluster.small()["pid"] == pid and cluster.is_alive(cluster.small())
    assert "its log cannot grow" in cluster.log_of(cluster.small())


def test_start_on_a_full_disk_says_so_and_damages_nothing(cluster):
    cluster.reserve(0)
    cluster.kill(cluster.small())
    with small_disk.filled(cluster.folder()):
        with pytest.raises(Exception, match="ended while starting"):
            cluster.control.restart(SMALL)
        last = cluster.log_of(cluster.small()).strip().splitlines()[-4:]
        assert any("cannot start" in line and "free space there" in line for line in last), last
        verify(cluster)
    cluster.control.restart(SMALL)
    cluster.lead("full")


@pytest.mark.parametrize("reserve_mib", [0, RESERVE_MIB] if DEEP else [])
def test_follower_that_meets_a_full_disk_is_filled_again(cluster, reserve_mib):
    cluster.reserve(reserve_mib * MIB)
    with load(cluster, f"follower-{reserve_mib}"):
        pressure = Pressure(cluster, f"pressing-{reserve_mib}")
        with small_disk.filled(cluster.folder()):
            pressure.send_until("it is not aside", cluster.is_aside)
            pressure.send(20)
            assert cluster.is_alive(cluster.small())
        cluster.until("not ready again", lambda: cluster.not_ready() is None)
        cluster.lead(f"pressing-{reserve_mib}")  # only who has everything can
    assert len(list(running_cluster.api.read_all(cluster.url, f"pressing-{reserve_mib}"))) == pressure.sent


@pytest.mark.parametrize("number", range(3 if DEEP else 0))
def test_crash_on_a_full_disk_loses_nothing(cluster, number):
    cluster.reserve(0)
    with load(cluster, f"crash-{number}"):
        pressure = Pressure(cluster, f"crashing-{number}")
        cluster.lead(f"crash-{number}")
        with small_disk.filled(cluster.folder()):
            pressure.send_until("it goes on leading", cluster.is_aside)
            cluster.kill(cluster.small())
            verify(cluster)
        cluster.control.restart(SMALL)
        cluster.lead(f"crashing-{number}")
