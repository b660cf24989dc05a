"""A cluster whose network can be cut, shared by the tests of this folder."""

import pytest

import network_cluster


@pytest.fixture(scope="package")
def shared_network_cluster(binary, tmp_path_factory):
    reason = network_cluster.why_not()
    if reason:
        pytest.skip(reason)
    yield from network_cluster.serve(binary, tmp_path_factory.mktemp("network"), load_balancers=2)


@pytest.fixture
def network(shared_network_cluster):
    """All processes run and nothing is cut, before and after the test."""
    shared_network_cluster.revive()
    yield shared_network_cluster
    shared_network_cluster.revive()
