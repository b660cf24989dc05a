"""Scenario X01, shortened: `scripts/booking_chaos --minutes 10` is the whole one."""

import itertools
import os

from booking import chaos, chaos_plan

MINUTES = float(os.environ.get("MARQUEE_BOOKING_CHAOS_MINUTES", "1.4"))
SEED = int(os.environ.get("MARQUEE_BOOKING_CHAOS_SEED", "20261122"))


def test_the_same_seed_gives_the_same_faults():
    plan = lambda seed: list(itertools.islice(chaos_plan.steps(seed, list(chaos_plan.KINDS)), 50))  # noqa: E731
    assert plan(7) == plan(7) != plan(8)


def test_X01_random_faults_violate_nothing(binary, tmp_path):
    words = ["--minutes", str(MINUTES), "--pace", "0.5", "--seed", str(SEED), "--binary", str(binary)]
    said = []
    assert chaos.chaos(chaos.arguments([*words, "--folder", str(tmp_path / "chaos")]), said.append), "\n".join(said)
