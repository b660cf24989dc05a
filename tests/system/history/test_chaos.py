"""A short run of chaos, and that what it says can be relied upon: its schedule, and its reader of the replicas."""

import itertools
import os

from history import chaos
from history import chaos_schedule

# Two minutes at twice the usual pace: as many faults as in four. `scripts/chaos --minutes 30` is the real thing.
MINUTES = float(os.environ.get("MARQUEE_CHAOS_MINUTES", "2"))
PACE = 0.5
SEED = int(os.environ.get("MARQUEE_CHAOS_SEED", "20261121"))


def first_steps(seed, kinds=tuple(chaos_schedule.KINDS), count=60):
    return list(itertools.islice(chaos_schedule.steps(seed, kinds), count))


def test_the_same_seed_gives_the_same_schedule_and_another_seed_another():
    assert first_steps(7) == first_steps(7)
    assert first_steps(7) != first_steps(8)


def test_every_kind_of_fault_comes_once_before_any_comes_again():
    kinds = [step.kind for step in first_steps(7, count=len(chaos_schedule.KINDS))]
    assert sorted(kinds) == sorted(chaos_schedule.KINDS)


def test_random_faults_violate_nothing(binary, tmp_path):
    options = chaos.arguments(["--minutes", str(MINUTES), "--pace", str(PACE), "--seed", str(SEED), "--binary", str(binary),
                               "--folder", str(tmp_path / "chaos"), "--rate", "4"])
    said = []
    assert chaos.chaos(options, said.append), "\n".join(said)
