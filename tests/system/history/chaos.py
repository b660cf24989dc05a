"""Random faults against a cluster of its own under mixed clients, and the verdict on what they were told.

The schedule of faults is a function of the seed: the same seed does the same things in the same order. What a run leaves
(history, logs, schedule) is kept when it fails, or with --keep.
"""

import argparse
import json
import pathlib
import random
import shutil
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
for folder in (ROOT / "scripts", HERE.parent):
    sys.path.insert(0, str(folder))

from history import chaos_schedule  # noqa: E402
from history import chaos_summary  # noqa: E402
from history import check  # noqa: E402
from history import events  # noqa: E402
from history import small_disks  # noqa: E402
import network_cluster  # noqa: E402
import running_cluster  # noqa: E402
from history.chaos_faults import Faults  # noqa: E402
from history.chaos_workload import TOPICS, Workload  # noqa: E402
from history.read_back import read_back  # noqa: E402


def run(cluster, options, folder, say):
    """Clients and faults for the time that was asked for; then everything is read back. Stops the cluster."""
    history = folder / "history"
    workload = Workload(cluster, history, options.seed, options.rate)
    try:
        workload.start()
        if workload.missing:
            say(f"without native clients: {workload.missing}")
        faults = Faults(cluster, [(topic, partitions) for topic, partitions, _ in TOPICS])
        do_harm(faults, workload, options, say)
        say("the faults are over; clients finish and read what is left")
        ends = workload.finish()
        note_the_dead(faults, workload)
        topics = {cluster.api("GET", f"/topics/{name}")["topic"]["topic_id"]: (name, ends[name]) for name in ends}
    finally:
        workload.stop.set()
        workload.drain.set()
        workload.stop_native()
    brokers = {entry["name"]: entry["data_dir"] for entry in cluster.processes("broker")}
    workload.history.close()
    cluster.control.stop()
    writer = events.HistoryWriter(history / "replicas.jsonl")
    for topic, (name, high) in topics.items():
        for partition, offset in high.items():
            writer.write("final", topic=name, partition=partition, log_start=0, high=offset)
    for event in read_back(brokers, topics):
        writer.write(event.pop("e"), **event)
    writer.close()


def do_harm(faults, workload, options, say):
    kinds = options.faults or faults.kinds()
    impossible = set(kinds) - set(faults.kinds()) - set(chaos_schedule.NEED_MOUNTS)
    if impossible:
        raise SystemExit(f"not possible here: {', '.join(sorted(impossible))}")
    end = time.monotonic() + options.minutes * 60
    for step in chaos_schedule.steps(options.seed, kinds):
        time.sleep(step.quiet_s * options.pace)
        note_the_dead(faults, workload)
        if time.monotonic() > end:
            return
        start = events.now()
        target = faults.begin(step)
        time.sleep(step.lasts_s * options.pace)
        faults.heal()
        healed = events.now()
        progress_ms = workload.probe.progress_ms(healed)
        workload.history.write("fault", number=step.number, kind=step.kind, target=target, start=start, healed=healed,
                               progress_ms=progress_ms)
        say(f"fault {step.number}: {step.kind} {target}, {(healed - start) / 1e9:.1f} s, back after {progress_ms} ms")
        assert progress_ms is not None, f"nothing was produced and consumed within 60 s of fault {step.number}"


def note_the_dead(faults, workload):
    """Nothing was done to any process: one that does not run has ended by itself."""
    for entry in faults.cluster.processes():
        if not faults.cluster.is_alive(entry):
            workload.history.write("surprise", client=entry["name"], op=0, start=events.now(), end=events.now(),
                                   text=f"the process ended by itself; its log is {entry['log']}")
            faults.heal()


def serve(binary, folder, options, say):
    """A cluster whose network can be cut, where that is allowed."""
    reason = "--loopback" if options.loopback else network_cluster.why_not()
    if reason:
        say(f"a cluster on loopback, without cuts of the network: {reason}")
        return running_cluster.serve(binary, folder)
    return network_cluster.serve(binary, folder)


def arguments(words):
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2, help="how long faults go on (2)")
    parser.add_argument("--pace", type=float, default=1, metavar="FACTOR",
                        help="faults, and the quiet times between them, are so many times as long (1)")
    parser.add_argument("--seed", type=int, default=None, help="of the schedule and the clients (random)")
    parser.add_argument("--faults", type=lambda text: text.split(","), default=None,
                        help="only these, of: " + ",".join(chaos_schedule.KINDS))
    parser.add_argument("--rate", type=float, default=8, help="requests a second of each producer (8)")
    parser.add_argument("--keep", action="store_true", help="keep history and logs of a good run, too")
    parser.add_argument("--folder", type=pathlib.Path, help="where to put them (a new one in the folder for such)")
    parser.add_argument("--binary", type=pathlib.Path, help="the marquee executable (the newest build)")
    parser.add_argument("--loopback", action="store_true", help="no network namespaces, and so no cuts")
    parser.add_argument("--show", type=int, metavar="N", help="print the first N steps of the schedule, and end")
    options = parser.parse_args(words)
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1_000_000)
    return options


def newest_binary():
    built = [ROOT / "build" / preset / "cli" / "marquee" for preset in ("release", "asan", "debug")]
    found = [path for path in built if path.exists()]
    if not found:
        raise SystemExit("no marquee executable: build one (scripts/up does), or name it with --binary")
    return max(found, key=lambda path: path.stat().st_mtime)


def chaos(options, say):
    """True if nothing was violated."""
    folder = options.folder or pathlib.Path(tempfile.mkdtemp(prefix="marquee-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    say(f"seed {options.seed}, {options.minutes:g} minutes; history and logs in {folder}")
    (folder / "run.json").write_text(json.dumps({"seed": options.seed, "minutes": options.minutes, "pace": options.pace,
                                                 "faults": options.faults, "rate": options.rate}))
    good = False
    small = options.faults and set(options.faults) & set(chaos_schedule.NEED_MOUNTS)
    disks = [folder / "cluster" / "data" / broker for broker in chaos_schedule.BROKERS] if small else []
    try:
        crash = None
        try:
            with small_disks.mounted(disks):
                for cluster in serve(options.binary or newest_binary(), folder / "cluster", options, say):
                    run(cluster, options, folder, say)
        except AssertionError as problem:  # a process reported what must not be, or the cluster did not come back
            crash = problem
        good = judge(folder / "history", say) and not crash
        if crash:
            say(str(crash)[:3000])
        return good
    finally:
        if good and not options.keep and not options.folder:
            shutil.rmtree(folder)
        elif not good:
            say(f"kept: {folder}. The same again: scripts/chaos --seed {options.seed} --minutes {options.minutes:g}"
                + (f" --pace {options.pace:g}" if options.pace != 1 else "")
                + (f" --faults {','.join(options.faults)}" if options.faults else ""))


def judge(history, say):
    """The verdict, if the run came so far that the replicas could be read."""
    if not (history / "replicas.jsonl").exists():
        return False
    verdict, figures = check.judge(events.read(history))
    say(chaos_summary.text(history, figures))
    say(verdict.text())
    return verdict.good


def main():
    options = arguments(sys.argv[1:])
    if options.show:
        kinds = options.faults or list(chaos_schedule.KINDS)
        for step, _ in zip(chaos_schedule.steps(options.seed, kinds), range(options.show)):
            print(f"{step.number}: after {step.quiet_s} s {step}")
        return 0
    return 0 if chaos(options, lambda text: print(text, flush=True)) else 1


if __name__ == "__main__":
    sys.exit(main())
