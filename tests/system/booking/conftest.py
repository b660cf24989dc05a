"""Fixtures: a cluster with the booking application, shared by the tests that leave it whole, or one of a test's own."""

import pytest

from booking import booking_cluster


@pytest.fixture(scope="package")
def shared_booking(binary, tmp_path_factory):
    yield from booking_cluster.serve(binary, tmp_path_factory.mktemp("booking"))


@pytest.fixture
def booking(shared_booking):
    """Everything runs and votes before the test; after it every invariant is checked over all that was told."""
    shared_booking.revive()
    yield shared_booking
    shared_booking.revive()
    shared_booking.check()


@pytest.fixture
def own_booking(binary, tmp_path):
    """A cluster of the test's own, for tests that leave it in another state. They call `check` themselves."""
    yield from booking_cluster.serve(binary, tmp_path)
