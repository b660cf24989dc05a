"""What benchmarks/failover does to systems, and that nothing of its networks is left."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import unittest
from unittest import mock

FAILOVER = pathlib.Path(__file__).resolve().parents[2] / "benchmarks" / "failover"
sys.path.insert(0, str(FAILOVER))

import measure  # noqa: E402
import network_cluster  # noqa: E402
import peer_builds  # noqa: E402
from cluster.configuration import inside_namespace  # noqa: E402
from systems import SYSTEMS, kafka, rabbitmq  # noqa: E402
from systems.system import NODES  # noqa: E402

NO_NETWORK = network_cluster.why_not()
SERVER = "import socket, time; server = socket.create_server(('', 7000)); print('up', flush=True); time.sleep(60)"
# Makes the network of a benchmark and stays in it until a signal comes.
HOLDER = f"""
import sys, time
sys.path.insert(0, {str(FAILOVER)!r})
import measure, peer_builds
peer_builds.clean_up_on_signals()
with measure.network_for(["cut"]) as network:
    network.make(["node-1"])
    print("up", flush=True)
    time.sleep(60)
"""


def member(node, state, term):
    return {"Node Name": node, "Raft State": state, "Term": term}


class Starts(unittest.TestCase):
    def test_every_fault_belongs_to_one_start_and_is_held_for_a_time(self):
        self.assertEqual(sorted(sum(measure.STARTS, ())), sorted((*measure.FAULTS, *measure.RESTARTS)))
        self.assertEqual(set(measure.HOLD_S), set(measure.FAULTS))

    def test_where_namespaces_are_not_allowed_only_cuts_are_impossible_and_say_why(self):
        with mock.patch.object(network_cluster, "why_not", return_value="nft is not installed"):
            self.assertEqual(measure.why_not(["cut"]), "not possible here: nft is not installed")
            self.assertIsNone(measure.why_not(["kill", "stop"]))

    def test_nodes_live_on_loopback_until_there_is_a_network(self):
        for system in SYSTEMS.values():
            made = system("/nowhere", "/nowhere")
            self.assertEqual([(place.host, place.namespace) for place in made.places()], [("127.0.0.1", None)] * NODES)

    def test_a_second_signal_does_not_end_the_cleaning_up(self):
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        try:
            with self.assertRaises(SystemExit) as ended:
                peer_builds.end_once(signal.SIGTERM, None)
            self.assertEqual(ended.exception.code, 143)
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            for number, handler in zip((signal.SIGINT, signal.SIGTERM), before):
                signal.signal(number, handler)


class Rabbitmq(unittest.TestCase):
    names = ["a", "b", "c"]

    def test_the_leader_of_the_latest_term_leads(self):
        old, new = member("a", "leader", 1), member("b", "leader", 2)
        for order in ([old, new], [new, old]):
            self.assertEqual(rabbitmq.leader_of([*order, member("c", "follower", 2)]), "b")
        self.assertIsNone(rabbitmq.leader_of([member("a", "timeout", ""), member("b", "candidate", 2)]))

    def test_a_queue_is_whole_when_all_follow_one_leader_in_one_term(self):
        followers = [member("b", "follower", 2), member("c", "follower", 2)]
        self.assertTrue(rabbitmq.is_whole([member("a", "leader", 2), *followers], self.names))
        for broken in (member("a", "leader", 1), member("a", "timeout", ""), member("d", "leader", 2)):
            self.assertFalse(rabbitmq.is_whole([broken, *followers], self.names))
        self.assertFalse(rabbitmq.is_whole(followers, self.names))
        self.assertFalse(rabbitmq.is_whole([], self.names))


class Kafka(unittest.TestCase):
    def test_a_partition_is_whole_when_all_brokers_name_one_leader_and_all_replicas_in_sync(self):
        def seen(leader, in_sync):
            replicas = [{"id": n} for n in range(NODES)]
            partition = {"partition": 0, "leader": leader, "replicas": replicas, "isrs": replicas[:in_sync]}
            return {"topics": [{"partitions": [partition]}]}

        self.assertTrue(kafka.is_whole([seen(1, 3)] * 3))
        self.assertFalse(kafka.is_whole([seen(0, 3), seen(1, 3), seen(1, 3)]))  # the first was cut off
        self.assertFalse(kafka.is_whole([seen(1, 2)] * 3))
        self.assertFalse(kafka.is_whole([seen(-1, 3)] * 3))
        self.assertFalse(kafka.is_whole([{"topics": [{"partitions": []}]}] * 3))


@unittest.skipIf(NO_NETWORK, NO_NETWORK)
class Networks(unittest.TestCase):
    def test_a_node_that_is_cut_off_loses_packets_both_ways_until_it_is_healed(self):
        with measure.network_for(["cut"]) as network, contextlib.ExitStack() as ending:
            places = network.make(["node-1", "node-2"])
            for place in places.values():
                command = inside_namespace(place.namespace, [sys.executable, "-c", SERVER])
                server = ending.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))
                ending.callback(server.kill)
                self.assertEqual(server.stdout.readline(), b"up\n")
            one, two = places["node-1"], places["node-2"]
            for cut in (False, True, False):
                network.unplug("node-1") if cut else network.heal()
                self.assertEqual(not cut, connects(None, one.host))
                self.assertEqual(not cut, connects(one.namespace, two.host))
                self.assertEqual(not cut, connects(two.namespace, one.host))
                self.assertTrue(connects(None, two.host))

    def test_nothing_is_left_of_a_network_whose_owner_is_told_to_end(self):
        with subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE) as holder:
            self.assertEqual(holder.stdout.readline(), b"up\n")
            mine = [name for name in network_cluster.namespaces() if f"-{holder.pid}-" in name]
            self.assertEqual(len(mine), 2)  # the hub and the node
            holder.terminate()
            self.assertEqual(holder.wait(20), 143)
            self.assertEqual(set(mine) & set(network_cluster.namespaces()), set())

    def test_what_a_killed_owner_left_is_removed_by_the_next(self):
        with subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE) as holder:
            self.assertEqual(holder.stdout.readline(), b"up\n")
            mine = [name for name in network_cluster.namespaces() if f"-{holder.pid}-" in name]
            holder.kill()
        with measure.network_for(["cut"]):
            self.assertEqual(set(mine) & set(network_cluster.namespaces()), set())


def connects(namespace, host):
    """Whether the place gets a connection; it is refused nowhere here, only not answered."""
    script = f"import socket; socket.create_connection(({host!r}, 7000), timeout=0.6)"
    command = inside_namespace(namespace, [sys.executable, "-c", script])
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0 or "TimeoutError" in made.stderr, made.stderr
    return made.returncode == 0


class CommandLine(unittest.TestCase):
    def test_lists_faults_and_systems(self):
        made = subprocess.run([str(FAILOVER / "run"), "--list"], capture_output=True, text=True, check=False)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertIn("kill, stop, cut, restart, crash", made.stdout)
        for name in measure.CONTESTANTS:
            self.assertIn(name, made.stdout)


if __name__ == "__main__":
    unittest.main()
