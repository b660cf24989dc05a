"""The random runs: what they reach, that the invariants hold in them, and that planted bugs do not get by."""

import base64
import functools
import pathlib
import sys
import types

import pytest

import compare
import invariants
import planted_bugs
import random_log
import specified_codes
from model import Model, state

HERE = pathlib.Path(__file__).resolve().parent
REPLAY = [sys.executable, str(HERE / "model" / "replay.py")]
STAND_IN = [sys.executable, str(HERE / "stand_in.py")]


@functools.cache
def log_of(seed):
    return random_log.RandomLog(seed).make(random_log.DEFAULT_RECORDS)


def short_log():
    log = log_of(2)
    return types.SimpleNamespace(records=log.records[:300], results=log.results[:300])


def value(record):
    return base64.b64decode(record["value_b64"])


def test_the_default_run_reaches_every_code_of_every_command():
    reached = set()
    for seed in random_log.DEFAULT_SEEDS:
        reached |= random_log.reached_pairs(log_of(seed))
    assert sorted(specified_codes.ALL_PAIRS - reached) == []
    assert sorted(reached - specified_codes.ALL_PAIRS) == []


def test_the_same_seed_makes_the_same_log():
    again = random_log.RandomLog(1).make(150).records
    assert again == log_of(1).records[: len(again)]


def test_the_model_as_a_program_answers_like_the_model():
    assert compare.problem_with(REPLAY, log_of(1), 1, only_model=True) is None


def test_digests_and_snapshots_of_the_stand_in_are_in_order():
    assert compare.problem_with(STAND_IN, short_log(), 2, only_model=False) is None


@pytest.mark.parametrize(
    "planted, says",
    [
        ("digest-of-time", "a record that only moves time"),
        ("digest-of-run", "a second run"),
        ("digest-without-dedup", "the digest stayed"),
        ("snapshot-without-dedup", "with a snapshot at"),
    ],
)
def test_a_planted_fault_of_digest_or_snapshot_is_found(planted, says):
    assert says in compare.problem_with([*STAND_IN, "--planted", planted], short_log(), 2, only_model=False)


def test_a_program_that_dies_is_told_of():
    with pytest.raises(compare.ProgramFailed, match="ended with 1"):
        compare.run_program([sys.executable, "-c", "raise SystemExit(1)"], log_of(2).records)


@pytest.mark.parametrize("seed", list(random_log.DEFAULT_SEEDS)[:4])
def test_no_invariant_is_broken_in_a_random_run(seed):
    checked = invariants.CheckedModel(Model(), state.Record)
    for record, expected in zip(log_of(seed).records, log_of(seed).results):
        assert checked.apply(record["offset"], record["timestamp_ms"], value(record)) == expected


def difference_to(package):
    """The first default seed and offset at which the copy's answers differ from the model's."""
    for seed in random_log.DEFAULT_SEEDS:
        log, copy = log_of(seed), package.Model()
        for record, expected in zip(log.records, log.results):
            result = copy.apply(record["offset"], record["timestamp_ms"], value(record))
            if compare.first_difference([record], [expected], [result]) is not None:
                return compare.explain(
                    log.records, log.results, [*log.results[: record["offset"]], result], record["offset"]
                )
    return None


@pytest.mark.parametrize("name", planted_bugs.BUGS)
def test_a_planted_bug_is_found(name):
    with planted_bugs.planted(planted_bugs.BUGS[name]) as package:
        assert difference_to(package) is not None


@pytest.mark.parametrize("name", planted_bugs.BREAKING)
def test_a_broken_invariant_is_found(name):
    with planted_bugs.planted(planted_bugs.BREAKING[name]) as package:
        assert broken_invariant(package) == name.split()[0]


def broken_invariant(package):
    for seed in random_log.DEFAULT_SEEDS:
        checked = invariants.CheckedModel(package.Model(), package.model.Record)
        for record in log_of(seed).records:
            try:
                checked.apply(record["offset"], record["timestamp_ms"], value(record))
            except invariants.Broken as broken:
                return str(broken).split(":")[0]
    return None


def test_a_difference_is_shown_by_the_few_records_that_it_needs():
    with planted_bugs.planted(planted_bugs.BUGS["a partial release ends the hold"]) as package:
        run = functools.partial(compare.results_of, package.Model)
        index = compare.first_difference(log_of(3).records, log_of(3).results, run(log_of(3).records))
        shortest = compare.told(compare.shortest(run, log_of(3).records, log_of(3).results, index)).splitlines()
    assert len(shortest) < 10 and "hold.release" in shortest[-1]
