"""The network of these tests does what it says: otherwise no test of this folder would mean anything."""

import socket
import subprocess
import sys

import network_cluster

CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=0.4).close()"
SEND = "import socket, sys; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', (sys.argv[1], int(sys.argv[2])))"


def reaches(network, sender, receiver):
    """True if a TCP connection from one process's place to the other's HTTP port can be made."""
    address = receiver["http"].removeprefix("http://").split(":")
    command = network.inside(sender, [sys.executable, "-c", CONNECT, *address])
    return subprocess.run(command, capture_output=True, check=False, timeout=10).returncode == 0


def test_a_cut_stops_what_it_names_and_heals(network):
    one, two, three = network.processes("broker")
    assert reaches(network, one, two) and reaches(network, two, one)
    network.cut(one, two)
    assert not reaches(network, one, two) and not reaches(network, two, one)
    assert reaches(network, one, three) and reaches(network, three, two)
    network.heal()
    assert reaches(network, one, two) and reaches(network, two, one)


def test_a_cut_of_one_direction_lets_the_other_pass(network):
    one = network.processes("broker")[0]
    with socket.socket(type=socket.SOCK_DGRAM) as here:
        here.bind((network.network.address_of(network_cluster.HOST), 0))
        here.settimeout(0.3)
        network.cut(network_cluster.HOST, one, "a_to_b")
        address = [str(part) for part in here.getsockname()]
        subprocess.run(network.inside(one, [sys.executable, "-c", SEND, *address]), check=True, timeout=10)
        assert here.recv(10) == b"x"
        assert not reaches_from_here(one)
    network.heal()
    assert reaches_from_here(one)


def reaches_from_here(entry):
    host, port = entry["http"].removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=0.4).close()
        return True
    except OSError:
        return False


def test_nothing_is_left_of_a_network_that_is_removed(network):
    names = set(network_cluster.namespaces())
    links = subprocess.run(["ip", "-br", "link"], capture_output=True, check=True).stdout
    other = network_cluster.Network()
    try:
        other.make(["a", "b"])
        sleeper = subprocess.Popen(network_cluster.inside_namespace(other.place_of("a").namespace, ["sleep", "60"]))
    finally:
        other.remove()
    assert sleeper.wait(timeout=5) != 0
    assert set(network_cluster.namespaces()) == names
    left = subprocess.run(["ip", "-br", "link"], capture_output=True, check=True).stdout
    assert sorted(left.splitlines()) == sorted(links.splitlines())
