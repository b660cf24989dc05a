"""Fixtures: a whole cluster of real processes, started with the same modules as scripts/up."""

import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import running_cluster  # noqa: E402

_shared = []  # the shared cluster while it runs


@pytest.fixture(scope="session")
def binary():
    """The executable under test: MARQUEE_BINARY, as scripts/test sets it, or the newest build of this checkout."""
    named = os.environ.get("MARQUEE_BINARY")
    if named:
        return pathlib.Path(named)
    built = [ROOT / "build" / preset / "cli" / "marquee" for preset in ("release", "asan", "debug")]
    found = [path for path in built if path.exists()]
    assert found, "no marquee executable: build one, or set MARQUEE_BINARY"
    return max(found, key=lambda path: path.stat().st_mtime)


@pytest.fixture(scope="session")
def shared_cluster(binary, tmp_path_factory):
    """One cluster for all tests that leave every process running; each test uses topics of its own."""
    for running in running_cluster.serve(binary, tmp_path_factory.mktemp("shared")):
        _shared.append(running)
        yield running
        _shared.clear()


@pytest.fixture(scope="module", autouse=True)
def topics_go_with_their_module():
    """Hundreds of topics that nobody uses any more cost the shared cluster's brokers much of the machine."""
    yield
    for running in _shared:
        running.revive()
        running.remove_topics()


@pytest.fixture
def cluster(shared_cluster):
    """The shared cluster, with every process running before and after the test."""
    shared_cluster.revive()
    yield shared_cluster
    shared_cluster.revive()


@pytest.fixture
def own_cluster(binary, tmp_path):
    """A fresh cluster for one test that stops or kills all of it."""
    yield from running_cluster.serve(binary, tmp_path)
