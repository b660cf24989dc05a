"""One process dies, hangs or is cut off: the same producer and the same consumer go on, and nothing is lost or doubled.

The whole matrix of faults and targets runs with MARQUEE_DEEP=1; else a part that is chosen so that each way to notice a
fault is needed once.
"""

import os

import pytest
from faults import FAULTS, TARGETS, start_load, strike

import native_load

DEEP = os.environ.get("MARQUEE_DEEP") == "1"
HOLD_S = 4.0 if DEEP else 3.0
# What a client waits at most. A slow (sanitized, shared) machine gets twice the time that is promised; a fault that
# nobody notices lasts longer: HOLD_S, and after a cut until TCP tries again.
LONGEST_GAP_MS = {"kill": 2_000, "stop": 2_800, "cut": 4_000, "deaf": 4_000, "mute": 4_000}
ALL = [(fault, target) for target in TARGETS for fault in FAULTS]
CHOSEN = [
    ("stop", "leader"),
    ("cut", "leader"),
    ("deaf", "leader"),
    ("stop", "write_manager"),
    ("mute", "read_manager"),
    ("kill", "load_balancer"),
]


@pytest.mark.parametrize("fault, target", ALL if DEEP else CHOSEN)
def test_clients_go_on(network, fault, target):
    load = start_load(network, f"{fault}-{target}".replace("_", "-"), target=target)
    gap = strike(network, load, fault, target, HOLD_S)
    load.finish()
    print(f"{fault} {target}: produce {gap.produce:.0f} ms, consume {gap.consume:.0f} ms, {gap.errors[:3]}")
    assert gap.produce <= LONGEST_GAP_MS[fault]
    assert gap.consume <= LONGEST_GAP_MS[fault]


NATIVE = [(fault, target) for target in ("leader", "follower") for fault in ("kill", "stop", "cut")]
NATIVE_CHOSEN = [("kill", "leader"), ("cut", "leader")]
NATIVE_HOLD_S = {"kill": 1.0, "stop": HOLD_S, "cut": HOLD_S}


@pytest.fixture(scope="module")
def native_driver():
    try:
        native_load.driver_command()
    except native_load.toolchains.Missing as missing:
        pytest.skip(f"{native_load.CLIENT}: {missing}")


@pytest.mark.parametrize("fault, target", NATIVE if DEEP else NATIVE_CHOSEN)
def test_native_clients_go_on(network, native_driver, tmp_path, fault, target):
    hold_s = NATIVE_HOLD_S[fault]
    load = native_load.Load(network, f"native-{fault}-{target}", tmp_path, seconds=hold_s + 3.5)
    load.wait_until_flowing()
    gap = strike(network, load, fault, target, hold_s)
    load.finish()
    print(f"{fault} {target}: produce {gap.produce:.0f} ms, consume {gap.consume:.0f} ms, {gap.errors[:3]}")
    assert gap.produce <= LONGEST_GAP_MS[fault]
    assert gap.consume <= LONGEST_GAP_MS[fault]
