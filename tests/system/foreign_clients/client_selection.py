"""Which clients a test is for."""

import pytest
from toolchains import CLIENTS


def names(**wanted):
    """Names of the clients that have all wanted properties, for example `consumes=True`."""
    return [c.name for c in CLIENTS.values() if all(getattr(c, key) == value for key, value in wanted.items())]


def each(selected):
    """Runs the test once for each client: it gets its driver as `driver`."""
    return pytest.mark.parametrize("driver", selected, indirect=True)


CONSUMERS = names(consumes=True)
ADMINISTRATORS = names(administers=True)
# kcat is librdkafka 2.0.2 without a pace of its own: the C program stands for both where a fault must hit.
IDEMPOTENT = [name for name in names(idempotent=True) if not name.startswith("kcat")]
