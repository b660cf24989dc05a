"""Fixtures of foreign clients: a driver process for each, kept for the whole run."""

import os
import sys

import pytest
import toolchains
from driver_session import DriverSession

sys.dont_write_bytecode = True


class Drivers:
    """Starts a client's driver when it is first asked for, and again after it died. Skips by name what is missing."""

    def __init__(self, folder):
        self.folder = folder
        self.prepared = toolchains.prepare_all()
        self.sessions = {}

    def command(self, name):
        command, reason = self.prepared[name]
        if command is None:
            pytest.skip(f"{name}: {reason}")
        return command

    def get(self, name):
        known = self.sessions.get(name)
        if known is None or known.process.poll() is not None:
            known = self.sessions[name] = self.new(name)
        return known

    def new(self, name, role="driver"):
        """A process of its own, for a job that runs while others do; the caller stops it."""
        session = DriverSession(name, self.command(name), self.folder / f"{name}-{role}.log")
        session.client = toolchains.CLIENTS[name]
        return session

    def available(self, names):
        return [name for name in names if self.prepared[name][0] is not None]


@pytest.fixture(scope="session")
def drivers(tmp_path_factory):
    made = Drivers(tmp_path_factory.mktemp("foreign"))
    yield made
    for session in made.sessions.values():
        session.stop()


@pytest.fixture
def driver(request, drivers):
    """The driver of the client that the test is parametrized with (see `each` in client_selection.py)."""
    return drivers.get(request.param)


@pytest.fixture(scope="session")
def deep():
    """True for long runs: MARQUEE_DEEP=1."""
    return os.environ.get("MARQUEE_DEEP") == "1"


@pytest.fixture
def brokers(cluster):
    """The bootstrap list of the shared cluster."""
    return ",".join(cluster.kafka_addresses())
