#!/usr/bin/env python3
"""Feeds the same random logs to the model and to booking_replay, and shows the first difference.

BOOKING_REPLAY=build/debug/tests/booking/booking_replay python3 tests/booking/compare.py --seeds 1-12
python3 tests/booking/compare.py --program 'python3 tests/booking/model/replay.py'   # the model against itself
"""

import argparse
import base64
import functools
import json
import os
import pathlib
import random
import re
import shlex
import subprocess
import sys
import time

import shrink
import special_logs
import specified_answers
from invariants import NOT_STORED
from model import Model
from model.state import DAY_MS
from random_log import DEFAULT_RECORDS, DEFAULT_SEEDS, RandomLog

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS_FOR_A_LOG = 120
HISTORY = 20


class ProgramFailed(Exception):
    pass


def run_program(program, records, *options):
    """The lines that the program prints for the records."""
    fed = "".join(json.dumps(record) + "\n" for record in records)
    ran = subprocess.run(
        [*program, *options], input=fed, capture_output=True, text=True, timeout=SECONDS_FOR_A_LOG, check=False
    )
    if ran.returncode != 0:
        raise ProgramFailed(f"{shlex.join(program)} ended with {ran.returncode}: {ran.stderr[-2000:]}")
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    if len(lines) != len(records):
        raise ProgramFailed(f"{len(records)} records in, {len(lines)} lines out")
    return lines


def value_of(record):
    """The record as JSON, or its bytes as far as they are worth showing."""
    value = base64.b64decode(record["value_b64"])
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return repr(value[:200])


def shown(value, longest=600):
    """As JSON for people: long runs of one letter are cut."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True).encode(errors="backslashreplace").decode()
    return re.sub(r"(.)\1{30,}", lambda run: f"{run[1]}..{len(run[0])}", text)[:longest]


def kind_of(record):
    value = value_of(record)
    return value.get("type") if isinstance(value, dict) else None


def first_difference(records, expected, lines):
    """Index of the first record on whose outcome the two disagree in what the specification fixes; None if on none."""
    for index, (record, ours, theirs) in enumerate(zip(records, expected, lines)):
        if (
            ours["time_ms"] == theirs["time_ms"]
            and ours["replies"] == theirs["replies"]
            and ours["events"] == theirs["events"]
        ):
            continue
        kind = kind_of(record)
        if specified_answers.of_line(ours, kind) != specified_answers.of_line(theirs, kind):
            return index
    return None


def touched(value):
    """What a record is about: client, session, shows, holds, bookings, locks by name."""
    if not isinstance(value, dict):
        return set()
    found = [value.get("client_id"), value.get("session_id")]
    names = ("show_id", "hold_id", "booking_id", "name", "resume")
    pending = [value.get("body"), value.get("lock")]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            found += [part.get(name) for name in names]
            pending += part.values()
        elif isinstance(part, list):
            pending += part
    return {one for one in found if isinstance(one, str)} - {"admin", "_fe-1"}


def explain(records, expected, lines, index):
    kind = kind_of(records[index])
    value = value_of(records[index])
    about = touched(value)
    ours = specified_answers.of_line(expected[index], kind)
    theirs = specified_answers.of_line(lines[index], kind)
    said = [
        f"the first difference is at offset {records[index]['offset']}, about {shown(sorted(about))}",
        "",
        "before it:",
    ]
    related = [at for at in range(index) if touched(value_of(records[at])) & about][-HISTORY:]
    for at in related:
        codes = " ".join(reply["code"] for reply in expected[at]["replies"])
        said.append(
            f"  {records[at]['offset']} time {expected[at]['time_ms']} {codes}: {shown(value_of(records[at]), 400)}"
        )
    said += ["", "the record: " + shown(value, 2000)]
    for part in ("time_ms", "replies", "events"):
        if ours[part] != theirs[part]:
            said += [f"{part} of the model:   {shown(ours[part], 3000)}"]
            said += [f"{part} of the program: {shown(theirs[part], 3000)}"]
    return "\n".join(said)


def shortest(run, records, expected, index):
    """The records, most of them ticks, after which `run` still differs from the model at `index`."""

    def still_differs(shorter):
        ours = results_of(Model, shorter)
        theirs = run(shorter)
        return first_difference(shorter, ours, theirs) == index and codes(ours[index]) == codes(expected[index])

    def codes(line):
        return [reply["code"] for reply in line["replies"]]

    return shrink.shrink(records[: index + 1], still_differs)


def results_of(kind_of_model, records):
    model = kind_of_model()
    return [model.apply(one["offset"], one["timestamp_ms"], base64.b64decode(one["value_b64"])) for one in records]


def told(records):
    """What is left of a shrunk log, with the model's answers."""
    said = ["", "the shortest log that differs there (ticks left out):"]
    for record, result in zip(records, results_of(Model, records)):
        if record["value_b64"] != shrink.TICK:
            answers = shown([[reply["code"], reply["body"]] for reply in result["replies"]])
            said.append(f"  {record['offset']} time {result['time_ms']} {shown(value_of(record))} -> {answers}")
    return "\n".join(said)


def digest_problem(records, expected, lines):
    """Every line has a digest. A record that moves nothing but time, as the model sees it, leaves it as it was; after a
    day keys are forgotten besides."""
    previous = None
    for record, ours, line in zip(records, expected, lines):
        if not line.get("digest"):
            return f"no digest at offset {line['offset']}"
        codes = [reply["code"] for reply in ours["replies"]]
        is_idle = codes in (["BAD_COMMAND"], ["TICK"], ["VERSION"]) and not ours["events"]
        if is_idle and line["time_ms"] < DAY_MS and previous not in (None, line["digest"]):
            return f"the digest changed at offset {line['offset']}, a record that only moves time"
        own = ours["replies"][0]
        if is_stored(own) and previous == line["digest"]:
            return f"the digest stayed at offset {line['offset']}, whose answer {own['code']} is to be stored"
        previous = line["digest"]
    return None


def is_stored(own):
    """Surely: NOT_OWNER and SESSION_EXPIRED may have been the session's."""
    has_key = own.get("seq") is not None or own.get("idem_key") is not None
    return has_key and not own["replayed"] and own["code"] not in NOT_STORED


def replay_problem(program, records, lines, at):
    """The same log gives the same lines again, from the start and from a snapshot."""
    if run_program(program, records) != lines:
        return "a second run gave other lines"
    restarted = run_program(program, records, "--snapshot-at", str(at))
    for again, line in zip(restarted, lines):
        if again != line:
            return f"with a snapshot at {at} offset {line['offset']} differs:\n  {line}\n  {again}"
    return None


def problem_with(program, log, seed, only_model, shrunk=False):
    run = functools.partial(run_program, program)
    lines = run(log.records)
    index = first_difference(log.records, log.results, lines)
    if index is not None:
        said = explain(log.records, log.results, lines, index)
        return said + told(shortest(run, log.records, log.results, index)) if shrunk else said
    if only_model:
        return None
    at = random.Random(seed).randrange(1, len(log.records))
    return digest_problem(log.records, log.results, lines) or replay_problem(program, log.records, lines, at)


def parse_seeds(text):
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=parse_seeds, default=DEFAULT_SEEDS, help="for example 7 or 1-50")
    parser.add_argument("--records", type=int, default=DEFAULT_RECORDS)
    parser.add_argument("--program", type=shlex.split, default=shlex.split(os.environ.get("BOOKING_REPLAY", "")))
    parser.add_argument("--only-answers", action="store_true", help="no digests and no snapshots")
    names = ", ".join(special_logs.ALL)
    parser.add_argument("--special", nargs="*", metavar="LOG", default=[], help=f"these logs too: {names} or all")
    parser.add_argument("--shrink", action="store_true", help="show the shortest log that differs (some minutes)")
    parser.add_argument("--all", action="store_true", help="go on after a difference")
    asked = parser.parse_args()
    if not asked.program:
        parser.error("name the program: --program or BOOKING_REPLAY")
    logs = [(f"seed {seed}", seed, lambda seed=seed: RandomLog(seed).make(asked.records)) for seed in asked.seeds]
    chosen = list(special_logs.ALL) if asked.special == ["all"] else asked.special
    logs += [(name, 1, special_logs.ALL[name]) for name in chosen]
    failed = 0
    for name, seed, make in logs:
        started = time.monotonic()
        log = make()
        problem = problem_with(asked.program, log, seed, asked.only_answers, asked.shrink)
        print(
            f"{name}: {len(log.records)} records {'differ' if problem else 'equal'}, {time.monotonic() - started:.1f} s"
        )
        if problem:
            failed += 1
            print(problem)
            if name.startswith("seed"):
                print(f"replay: python3 tests/booking/compare.py --seeds {seed} --records {asked.records}")
            if not asked.all:
                break
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
