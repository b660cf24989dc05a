"""Scenario X01: 50 clients do everything at random while processes die, stop and are cut off; then all invariants.

scripts/booking_chaos --minutes 10 --seed 7        the same seed does the same things in the same order
scripts/booking_chaos --replay FOLDER              judges what a run has kept again, without a cluster
"""

import argparse
import base64
import contextlib
import json
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
for folder in (ROOT / "scripts", HERE.parent):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import network_cluster  # noqa: E402
from booking import booking_cluster, call_history, chaos_plan  # noqa: E402
from booking.booking_client import ADMIN  # noqa: E402
from booking.invariants_over_log import LogJudge  # noqa: E402
from booking.random_client import SHOWS, RandomClient  # noqa: E402
from booking.topic_reader import Record  # noqa: E402
from cluster.failure import ClusterFailure  # noqa: E402
from history.chaos import newest_binary  # noqa: E402
from history.chaos_faults import Faults  # noqa: E402

ROWS, COLUMNS = 8, 10
CHECK_EVERY = 4  # faults
CALL_S = 7  # a little longer than it takes a front end of the tests to give up


class BookingFaults(Faults):
    """Healing starts what does not run, and waits until all replicas vote."""

    def __init__(self, booking):
        super().__init__(booking.cluster, [("booking.cmd", 1)])
        self.booking = booking

    def _send(self, how, entries):
        """One that is being replaced just now may not be there."""
        for entry in entries:
            with contextlib.suppress(ProcessLookupError):
                super()._send(how, [entry])

    def _freeze(self, entries):
        for entry in entries:
            with contextlib.suppress(ProcessLookupError):
                super()._freeze([entry])

    def heal(self):
        for pid in self.frozen:
            try:
                booking_cluster.go_on({"pid": pid})
            except ProcessLookupError:
                pass
        self.frozen = []
        self.booking.revive()


class RandomRun:
    def __init__(self, booking, options, say):
        self.booking, self.options, self.say = booking, options, say
        self.stop = threading.Event()
        self.faults = BookingFaults(booking)

    def run(self):
        self.clients = self.make_clients()
        for client in self.clients:
            client.start()
        try:
            self.do_harm()
        finally:
            self.stop.set()
            for client in self.clients:
                client.join(120)
        problems = [f"{one.client.client_id}: {one.problem!r}" for one in self.clients if one.problem or one.is_alive()]
        assert not problems, "\n".join(problems[:5])
        self.booking.revive()
        self.booking.check()
        booking_cluster.wait_until(self.all_events_are_told, 30, lambda: f"events of {self.untold()} are in booking.event")
        self.say(self.summary())

    def untold(self):
        return self.booking.checker.judge.events_missing()[:20]

    def all_events_are_told(self):
        self.booking.check(digests=False)
        return not self.untold()

    def make_clients(self):
        seats = [(row, chr(ord("A") + column)) for row in range(1, ROWS + 1) for column in range(COLUMNS - 2)]
        for show in SHOWS:
            queue = {"queue": {"max_active": 5, "admit_ms": 2000}} if show == "XQ" else {}
            self.booking.admin.add_show(show, ROWS, COLUMNS, **queue)
        common, made = [], []
        pause_s = self.options.clients / self.options.rate
        for n in range(self.options.clients):
            client = self.booking.client(f"x-{n}", timeout_s=CALL_S)
            client._preferred = n
            made.append(RandomClient(client, self.options.seed, self.stop, pause_s, seats, common))
        admin = self.booking.client(ADMIN, first_seq=10_000, timeout_s=CALL_S)
        return [*made, RandomClient(admin, self.options.seed, self.stop, pause_s, seats, common)]

    def do_harm(self):
        network = hasattr(self.booking.cluster, "cut")
        kinds = [kind for kind in chaos_plan.KINDS if network or kind not in chaos_plan.NEED_NETWORK]
        end = time.monotonic() + self.options.minutes * 60
        for name, step in chaos_plan.steps(self.options.seed, kinds):
            time.sleep(step.quiet_s * self.options.pace)
            if time.monotonic() > end:
                return
            began = time.monotonic()
            target = self.faults.begin(step)
            time.sleep(step.lasts_s * self.options.pace)
            lasted = time.monotonic() - began
            self.faults.heal()
            self.say(f"fault {step.number}: {name} {target}, {lasted:.1f} s, whole again after {time.monotonic() - began:.1f} s")
            if step.number % CHECK_EVERY == 0:
                self.booking.check(digests=False)
            dead = [f"{one.client.client_id}: {one.problem!r}" for one in self.clients if one.problem]
            assert not dead, dead[:3]

    def summary(self):
        judge = self.booking.checker.judge
        kept = self.booking.checker.kept_calls
        commands = [call for call in kept if call.key is not None]
        answered = [call for call in commands if call.offset is not None]
        unknown = [call for call in commands if not call.status or call.outcome == "unknown"]
        return (f"{judge.next_offset} records, {len(commands)} requests with a command, {len(answered)} answered from the log, "
                f"{len(unknown)} unknown at first, {len(kept) - len(commands)} reads ({judge.reads_left_out} not compared)")


def keep(booking, folder):
    """What `replay` reads."""
    checker = booking.checker
    with contextlib.suppress(AssertionError, ClusterFailure):
        checker.check(digests=False)  # whatever ended the run: the log up to what the clients were told
    call_history.write(checker.kept_calls + booking.history.take(), folder / "calls.jsonl")
    for name, records in checker.kept_records.items():
        with open(folder / f"{name}.jsonl", "w") as file:
            for one in records:
                value = base64.b64encode(one.value).decode()
                file.write(json.dumps({"p": one.partition, "o": one.offset, "t": one.timestamp_ms, "v": value}) + "\n")


def replay(folder, say):
    def records(name):
        with open(folder / f"{name}.jsonl") as file:
            for line in file:
                one = json.loads(line)
                yield Record(one["p"], one["o"], one["t"], base64.b64decode(one["v"]))

    judge = LogJudge()
    judge.take(list(call_history.read(folder / "calls.jsonl")), records("cmd"))
    judge.votes([record.value for record in records("reply")])
    judge.told_events([record.value for record in records("event")])
    for problem in judge.problems:
        say(problem)
    say(f"{judge.next_offset} records, {len(judge.problems)} problems")
    return not judge.problems


def arguments(words):
    parser = argparse.ArgumentParser(prog="scripts/booking_chaos", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2, help="how long faults go on (2)")
    parser.add_argument("--seed", type=int, default=None, help="of the faults and the clients (random)")
    parser.add_argument("--pace", type=float, default=1, metavar="FACTOR", help="faults are so many times as long (1)")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--rate", type=float, default=50, help="requests a second of all clients together (50)")
    parser.add_argument("--folder", type=pathlib.Path, help="where log and history go (a new one in the folder for such)")
    parser.add_argument("--keep", action="store_true", help="keep them after a good run, too")
    parser.add_argument("--binary", type=pathlib.Path, help="the marquee executable (the newest build)")
    parser.add_argument("--loopback", action="store_true", help="no network namespaces, and so no cuts")
    parser.add_argument("--replay", type=pathlib.Path, metavar="FOLDER", help="only judge what was kept there")
    parser.add_argument("--show", type=int, metavar="N", help="print the first N faults, and end")
    options = parser.parse_args(words)
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1_000_000)
    return options


def chaos(options, say):
    """True if nothing was violated."""
    folder = options.folder or pathlib.Path(tempfile.mkdtemp(prefix="marquee-booking-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    reason = "--loopback" if options.loopback else network_cluster.why_not()
    say(f"seed {options.seed}, {options.minutes:g} minutes, in {folder}" + (f"; no cuts: {reason}" if reason else ""))
    (folder / "run.json").write_text(json.dumps({"seed": options.seed, "minutes": options.minutes, "pace": options.pace}))
    serve = booking_cluster.serve if reason else booking_cluster.serve_in_network
    good = False
    try:
        for booking in serve(options.binary or newest_binary(), folder / "cluster"):
            booking.checker.keeps = True
            try:
                RandomRun(booking, options, say).run()
            finally:
                keep(booking, folder)
        good = True
    except (AssertionError, ClusterFailure) as problem:
        say(str(problem)[:8000])
    finally:
        if good and not options.keep and not options.folder:
            shutil.rmtree(folder)
        elif not good:
            say(f"kept: {folder}. Judge it again: scripts/booking_chaos --replay {folder}. The same again: "
                f"scripts/booking_chaos --seed {options.seed} --minutes {options.minutes:g} --pace {options.pace:g}")
    return good


def main():
    options = arguments(sys.argv[1:])
    say = lambda text: print(text, flush=True)  # noqa: E731
    if options.show:
        for (name, step), _ in zip(chaos_plan.steps(options.seed, list(chaos_plan.KINDS)), range(options.show)):
            print(f"{step.number}: after {step.quiet_s} s {name}: {step}")
        return 0
    if options.replay:
        return 0 if replay(options.replay, say) else 1
    return 0 if chaos(options, say) else 1


if __name__ == "__main__":
    sys.exit(main())
