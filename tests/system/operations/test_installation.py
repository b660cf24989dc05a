"""docs/operations/installation.md: the example files start a cluster of three machines, which are network namespaces
here, with PostgreSQL on a fourth."""

import contextlib
import os
import pathlib
import subprocess
import time

import pytest

import network_cluster
import running_cluster
from cluster import api, postgres, process
from cluster.configuration import inside_namespace
from cluster.failure import ClusterFailure
from cluster.layout import Layout

EXAMPLES = running_cluster.ROOT / "docs" / "operations" / "examples"
ROLES = ("write-manager", "broker", "read-manager", "load-balancer")
MACHINES = ("machine-1", "machine-2", "machine-3")


def settings_of(role, machine, places, secret, database_url, folder):
    """The example of that role as a person adapts it: this machine's number and address, and the real secrets."""
    text = (EXAMPLES / f"{role}.toml").read_text()
    number = machine[-1]
    text = text.replace('-1"\n', f'-{number}"\n', 1).replace('address = "10.0.0.11"', f'address = "{places[machine].host}"')
    for n, name in enumerate(MACHINES, 1):
        text = text.replace(f"10.0.0.1{n}:", f"{places[name].host}:")
    text = text.replace("postgresql://marquee:PASSWORD@10.0.0.10:5432/marquee", database_url)
    text = text.replace("/etc/marquee/cluster.secret", str(secret)).replace("/var/lib/marquee", str(folder))
    assert "10.0.0.1" not in text.partition("\n")[2], text
    return text


@contextlib.contextmanager
def database(binary, folder, places):
    """A server with an ordinary account that owns the database; gives its URL."""
    layout = Layout(running_cluster.ROOT, folder, 0, pathlib.Path(binary), places={"postgres": places["database"]})
    server = postgres.describe(layout)
    server.log = str(folder / "postgres.log")
    postgres.initialise(layout, server)
    child = process.start(server)
    try:
        postgres.wait_until_ready(layout, child)
        for statement in ("CREATE ROLE operator LOGIN PASSWORD 'correct horse'", "CREATE DATABASE marquee OWNER operator"):
            subprocess.run(["psql", "-q", postgres.url(layout), "-c", statement], check=True, timeout=20)
        yield f"postgresql://operator:correct%20horse@{places['database'].host}:{layout.postgres_port}/marquee"
    finally:
        process.stop("postgres", server.pid, server.command)
        running_cluster.remove_database([server.to_json()], folder)


@contextlib.contextmanager
def machines(binary, folder, places, database_url):
    """All twelve processes, each with its file; gives the command of each by its name."""
    secret = folder / "cluster.secret"
    secret.write_text(os.urandom(24).hex() + "\n")
    running = []
    try:
        for role in ROLES:
            for machine in MACHINES:
                home = folder / machine
                home.mkdir(exist_ok=True)
                file = home / f"{role}.toml"
                file.write_text(settings_of(role, machine, places, secret, database_url, home))
                command = inside_namespace(places[machine].namespace, [str(binary), role, "--config", str(file)])
                with open(home / f"{role}.log", "ab") as log:
                    running.append(subprocess.Popen(command, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        yield running
    finally:
        for child in running:
            child.terminate()
        for child in running:
            child.wait(timeout=20)


def wait_until_it_serves(url):
    end, seen = time.monotonic() + 60, None
    while time.monotonic() < end:
        try:
            seen = api.call(url, "GET", "/cluster", None, 5)
            states = [one["state"] for one in seen["processes"]]
            if len(states) == 12 and set(states) == {"alive"}:
                return
        except ClusterFailure as failure:
            seen = failure
        time.sleep(0.3)
    raise AssertionError(f"the cluster of three machines did not come up: {seen}")


@pytest.fixture
def places():
    reason = network_cluster.why_not()
    if reason:
        pytest.skip(reason)
    network_cluster.remove_leftovers()
    network = network_cluster.Network()
    try:
        yield network.make([*MACHINES, "database"])
    finally:
        network.remove()


def test_the_example_files_make_a_cluster_of_three_machines(binary, tmp_path, places):
    with database(binary, tmp_path, places) as url, machines(binary, tmp_path, places, url):
        balancers = [f"http://{places[name].host}:8080" for name in MACHINES]
        wait_until_it_serves(balancers[0])
        lines = b"".join(b"record %d\n" % n for n in range(200))
        marquee = inside_namespace(places["machine-1"].namespace, [str(binary)])
        made = subprocess.run(
            [*marquee, "produce", "orders", "--load-balancer", balancers[1]], input=lines, capture_output=True, timeout=60
        )
        assert made.returncode == 0, made.stderr
        read = subprocess.run(
            [*marquee, "consume", "orders", "--load-balancer", balancers[2]], capture_output=True, timeout=60
        )
        assert sorted(read.stdout.splitlines()) == sorted(lines.splitlines())
        kafka = f"{places['machine-2'].host}:9092"
        kcat = subprocess.run(
            [*inside_namespace(places["machine-3"].namespace, ["kcat"]), "-b", kafka, "-t", "orders", "-C", "-e", "-q"],
            capture_output=True,
            timeout=60,
        )
        assert len(kcat.stdout.splitlines()) == 200, kcat.stderr
