"""A cluster with the booking application: its processes, its log, faults, clients, and the checker of all that was told."""

import concurrent.futures
import contextlib
import json
import os
import signal
import time
import urllib.error
import urllib.request

import network_cluster
import running_cluster
from booking import booking_layout
from booking.booking_client import ADMIN, BookingClient
from booking.booking_layout import REPLICAS
from booking.call_history import History
from booking.log_checker import LogChecker
from booking.topic_reader import TopicReader
from cluster import process
from cluster.failure import ClusterFailure
from cluster.layout import Process

SUPERVISOR_PATIENCE_S = 25  # a front end that has just started gives replicas 10 s


class BookingCluster:
    """`cluster` is a RunningCluster whose layout has the booking processes."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.history = History()
        self.admin = self.client(ADMIN)
        self.checker = LogChecker(self)
        self._topics = {}  # name -> (reader, what it has read)
        self._head_reader = self.topic("cmd")
        self._event_reader, self._events = self.topic("event"), []
        self._shows = 0
        self._names = 0

    # processes

    def entry(self, name):
        return next(one for one in self.cluster.processes() if one["name"] == name)

    def front_end(self, n):
        return self.entry(f"booking-fe-{n}")

    def replica(self, replica_id):
        return self.entry("booking-replica-" + replica_id.removeprefix("r"))

    def front_ends(self):
        return [one["http"].removeprefix("http://") for one in self.cluster.processes("booking_front_end")]

    def leader(self, topic="cmd", partition=0):
        return self.cluster.broker_of(self.cluster.leader_of(f"booking.{topic}", partition))

    def follower(self):
        """One that does not lead booking.cmd."""
        leader = self.leader()["name"]
        return next(entry for entry in self.cluster.processes("broker") if entry["name"] != leader)

    def start_again(self, entry):
        """Unless it runs."""
        self.cluster.control.restart(entry["name"])

    def restart_with(self, name, command):
        """Stops the process in good order and starts it with another command."""
        entry = self.entry(name)
        self.cluster.kill(entry, signal.SIGTERM)
        made = Process(entry["name"], entry["role"], log=entry["log"], command=command, cwd=entry["cwd"])
        process.start(made)
        document = running_cluster.cluster_file(self.cluster)
        for one in document["processes"]:
            if one["name"] == entry["name"]:
                one.update(pid=made.pid, command=command)
        self.cluster.control._write_document(document["processes"])
        wait_until(lambda: self._is_ready(entry), 60, f"{entry['name']} is ready")

    def _is_ready(self, entry):
        try:
            with urllib.request.urlopen(entry["http"] + "/ready", timeout=2):
                return True
        except OSError:
            return False

    def revive(self):
        """Nothing is cut off, everything runs, and the replicas vote."""
        if hasattr(self.cluster, "heal"):
            self.cluster.heal()
        dead = [entry for entry in self.cluster.processes() if not self.cluster.is_alive(entry)]
        replicas = [entry for entry in dead if entry["role"] == "booking_replica"]
        for entry in dead:
            if not entry["role"].startswith("booking"):
                self.start_again(entry)
        if len(replicas) > len(REPLICAS) - 2:  # no front end is ready without two that agree
            self._revive_replicas(replicas, 0)
        for entry in dead:
            if entry["role"] in ("booking_front_end", "booking_supervisor"):
                self.start_again(entry)
        self._revive_replicas(replicas, SUPERVISOR_PATIENCE_S)
        self.wait_until_voting()

    def _revive_replicas(self, dead, patience_s):
        """One or two that are missed by the others are replaced by the supervisor, which must not meet a second process."""
        end = time.monotonic() + patience_s
        while time.monotonic() < end and not all(self.cluster.is_alive(self.entry(one["name"])) for one in dead):
            time.sleep(0.1)
        retired = self._retired()
        for entry in dead:
            if entry["name"] not in retired:
                with contextlib.suppress(ClusterFailure):  # the supervisor has just stopped it to put another in its place
                    self.start_again(entry)

    def _retired(self):
        """Names of those that the supervisor is about to replace."""
        views = [view for n in range(1, len(self.front_ends()) + 1) for view in self.view(n).items()]
        return {f"booking-replica-{one.removeprefix('r')}" for one, line in views if line["state"] == "RETIRED"}

    def wait_until_voting(self, replicas=REPLICAS, patience_s=60):
        """Says the state of the replicas as the last front end that was asked sees it."""
        wait_until(lambda: all(self._votes_everywhere(one) for one in replicas), patience_s, self._states)

    def _votes_everywhere(self, replica_id):
        views = [self.view(n) for n in range(1, len(self.front_ends()) + 1)]
        return all(view.get(replica_id, {}).get("state") == "VOTING" for view in views)

    def _states(self):
        return f"all replicas are VOTING; they are {self.view(1)}"

    # what front ends and replicas say

    def get(self, url, timeout_s=12):
        """(status, JSON) of any process."""
        try:
            with urllib.request.urlopen(url, timeout=timeout_s) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"{}")

    def view(self, n=1):
        """{replica id: its line in /v1/cluster} of one front end; empty while it does not answer."""
        try:
            status, answer = self.get(self.front_end(n)["http"] + "/v1/cluster")
        except OSError:
            return {}
        return {one["id"]: one for one in answer["replicas"]} if status == 200 else {}

    def digest(self, replica_id, offset, n=1):
        """The replica's digest after the offset, through a front end; waits until the replica is there."""
        end = time.monotonic() + 30
        while True:
            status, answer = self.get(f"{self.front_end(n)['http']}/v1/replicas/{replica_id}/digest?offset={offset}")
            if status == 200:
                return answer["digest"]
            assert time.monotonic() < end, f"digest of {replica_id} at {offset}: {status} {answer}"
            time.sleep(0.05)

    def topic(self, name):
        """A reader of one of the application's topics; what comes after the colon of booking.*: cmd, reply, ..."""
        return TopicReader(self.cluster, f"booking.{name}")

    def records(self, name):
        """All of a topic, from its beginning."""
        reader, known = self._topics.setdefault(name, (self.topic(name), []))
        known.extend(reader.read_new())
        return list(known)

    def head(self):
        """The newest offset of the log."""
        return self._head_reader.end() - 1

    def events(self, kind, **fields):
        """What booking.event says of a kind so far, each with its offset, in the order of the log."""
        for record in self._event_reader.read_new():
            told = json.loads(record.value)
            self._events += [{**event, "offset": told["offset"], "time_ms": told["time_ms"]} for event in told["events"]]
        self._events.sort(key=lambda event: event["offset"])
        wanted = {"type": kind, **fields}.items()
        return [event for event in self._events if wanted <= {**event, "seats": None, "changes": None}.items()]

    def wait_for_event(self, kind, patience_s=30, count=1, **fields):
        wait_until(lambda: len(self.events(kind, **fields)) >= count, patience_s, f"{count} of {kind} {fields}")
        return self.events(kind, **fields)

    def wait_until_applied(self, offset):
        """At every front end, after a majority of the replicas."""
        for front_end in self.front_ends():
            self.admin.read(f"/v1/shows?min_offset={offset}", front_end=front_end)

    # clients and shows

    def client(self, client_id=None, front_ends=None, **options):
        """Without an id, one that nobody had before."""
        if client_id is None:
            self._names += 1
            client_id = f"client-{self._names}"
        return BookingClient(client_id, front_ends or self.front_ends(), self.history, **options)

    def clients(self, count, **options):
        """They prefer the front ends in turn."""
        made = [self.client(**options) for _ in range(count)]
        for n, client in enumerate(made):
            client._preferred = n
        return made

    def new_show(self, rows=5, cols=5, **fields):
        """The id of a show of its own for a test."""
        self._shows += 1
        show_id = f"S{self._shows}"
        self.admin.add_show(show_id, rows, cols, **fields)
        return show_id

    def inject(self, replica_id, mode, count=1, n=1):
        """Through the front end, as an administrator does."""
        body = {"replica": replica_id, "mode": mode, "count": count}
        call = self.admin.ask("POST", "/v1/admin/fault", body, ("idem_key", f"fault-{time.monotonic_ns()}"),
                              front_end=self.front_ends()[n - 1])
        assert call.status == 202, call

    # the checker

    def check(self, wrong_votes_of=(), digests=True):
        """Every invariant over everything since the last check; `wrong_votes_of`: replicas that were made to be wrong."""
        self.checker.check(set(wrong_votes_of), digests)


def at_once(work, arguments):
    """The answers of `work(*one)` for all arguments at the same time, each on a thread of its own."""
    with concurrent.futures.ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(lambda one: work(*one), arguments))


def wait_until(condition, patience_s, what):
    """`what` is text, or a function that gives it."""
    end = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience_s:g} s: {what() if callable(what) else what}")
        time.sleep(0.05)


def layout_of(binary, state_dir, port_offset, **options):
    options.setdefault("load_balancers", 2)
    options["settings_of"] = booking_layout.settings_of_processes(options.get("settings_of", {}))
    return running_cluster.make_layout(binary, state_dir, port_offset, booking=True, **options)


def serve(binary, state_dir, **layout_options):
    """Starts a cluster with the booking application on free ports, gives it, and stops it."""
    layout = layout_of(binary, state_dir, running_cluster.free_offset(), **layout_options)
    yield from _run(running_cluster.RunningCluster(layout))


def serve_in_network(binary, state_dir, **layout_options):
    """The same with each process in a network namespace of its own, so that any can be cut off."""
    network_cluster.remove_leftovers()
    network = network_cluster.Network()
    try:
        layout = layout_of(binary, state_dir, 0, **layout_options)
        layout.places = network.make([p.name for p in layout.processes()] + ["postgres", "client"])
        booking_layout.start_replicas_in_their_namespaces(layout)
        yield from _run(network_cluster.NetworkCluster(layout, network))
    finally:
        network.remove()


def _run(cluster):
    for running in running_cluster.run(cluster):
        made = BookingCluster(running)
        made.wait_until_voting()
        yield made


def pause(entry):
    os.kill(entry["pid"], signal.SIGSTOP)


def go_on(entry):
    os.kill(entry["pid"], signal.SIGCONT)
