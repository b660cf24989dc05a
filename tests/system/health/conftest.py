"""A cluster whose managers judge brokers within seconds, shared by the tests of this folder."""

import contextlib
import time

import pytest

import running_cluster
from gate import Gate
from thresholds import EVICTION_MS, SILENT_MS, SUSPECT_MS

MANAGERS = {
    "broker": {"quiet_ms": 1500, "suspect_ms": SUSPECT_MS, "eviction_ms": EVICTION_MS},
    "leader": {"spread_after_ms": 1000},
    "activity": {"write_ms": 300, "silent_ms": SILENT_MS},
}


class WatchedCluster(running_cluster.RunningCluster):
    """With shortcuts for what the health check says. `gates`: broker-3's ways to the write managers."""

    gates = ()

    def brokers(self):
        return {b["broker_id"]: b for b in self.api("GET", "/brokers")["brokers"]}

    def state(self, entry):
        return self.brokers()[entry["broker_id"]]["state"]

    def controller(self):
        return self.wait(lambda: self._controller(), "no write manager is the controller")

    def _controller(self):
        held = [m for m in self.processes("write_manager") if self.metric(m, "marquee_write_manager_is_controller") == 1]
        return held[0] if len(held) == 1 else None

    def metric(self, entry, name):
        import urllib.request

        try:
            with urllib.request.urlopen(entry["http"] + "/metrics", timeout=1) as answer:
                for line in answer.read().decode().splitlines():
                    if line.startswith(name) and line[len(name)] == " ":
                        return float(line.split()[-1])
        except OSError:
            pass
        return None

    def wait(self, look, what, seconds=25):
        end = time.monotonic() + seconds
        while not (seen := look()):
            assert time.monotonic() < end, what() if callable(what) else what
            time.sleep(0.1)
        return seen

    def wait_for_state(self, entry, wanted, seconds=25):
        seen = []

        def look():
            state = self.state(entry)
            if not seen or seen[-1] != state:
                seen.append(state)
            return state == wanted

        self.wait(look, lambda: f"{entry['name']} was {seen}, never {wanted}", seconds)
        return seen

    def wait_until_well(self):
        self.wait(
            lambda: all(broker["state"] == "alive" for broker in self.brokers().values()),
            lambda: f"not all brokers are alive: {self.brokers()}",
        )

    @contextlib.contextmanager
    def gates_closed(self):
        with contextlib.ExitStack() as all_of_them:
            for gate in self.gates:
                all_of_them.enter_context(gate.closed())
            yield


@pytest.fixture(scope="module")
def watched_cluster(binary, tmp_path_factory):
    layout = running_cluster.make_layout(
        binary,
        tmp_path_factory.mktemp("health"),
        running_cluster.free_offset(),
        settings_of={"wm-1": MANAGERS, "wm-2": MANAGERS, "rm-1": {"activity": {"write_ms": 300}},
                     "rm-2": {"activity": {"write_ms": 300}}},
    )
    ports = [int(address.rsplit(":", 1)[1]) for address in layout.write_manager_addresses()]
    gates = [Gate(port) for port in ports]
    layout.settings_of["broker-3"] = {"": {"write_managers": [gate.address for gate in gates]}}
    watched = WatchedCluster(layout)
    watched.gates = gates
    try:
        yield from running_cluster.run(watched)
    finally:
        for gate in gates:
            gate.close()


@pytest.fixture
def cluster(watched_cluster):
    watched_cluster.revive()
    watched_cluster.wait_until_well()
    yield watched_cluster
    watched_cluster.revive()
