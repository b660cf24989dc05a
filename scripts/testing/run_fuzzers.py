"""Builds and runs the fuzz programs, and prints what they did. Called by scripts/fuzz."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "fuzz"
CORPUS = ROOT / "tests" / "fuzz" / "corpus"


def names() -> list[str]:
    return sorted(folder.name for folder in CORPUS.iterdir() if folder.is_dir())


def build(chosen: list[str]) -> None:
    subprocess.run(["cmake", "--preset", "fuzz"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    targets = [f"fuzz_{name}" for name in chosen]
    subprocess.run(["cmake", "--build", str(BUILD), "-j", str(os.cpu_count() or 2), "--target", *targets], cwd=ROOT, check=True)


def program(name: str) -> Path:
    return BUILD / "tests" / "fuzz" / f"fuzz_{name}"


def run(name: str, runs: int, seconds: int, seed: int) -> dict:
    """One deep run. New inputs go to build/fuzz/inputs/NAME, which the next run begins with, too."""
    inputs, found = BUILD / "inputs" / name, BUILD / "found" / name
    inputs.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    limits = [f"-runs={runs}", f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=3072", "-max_len=4096"]
    command = [str(program(name)), *limits, f"-seed={seed}", f"-artifact_prefix={found}/", "-print_final_stats=1"]
    log = found / "log"
    started = time.monotonic()
    with open(log, "wb") as output:
        code = subprocess.run([*command, str(inputs), str(CORPUS / name)], stdout=output, stderr=output, check=False).returncode
    text = log.read_text(errors="replace")
    states = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)/", text)
    executed = re.search(r"number_of_executed_units: (\d+)", text) or re.search(r"Done (\d+) runs", text)
    return {
        "name": name,
        "executions": int(executed[1]) if executed else 0,
        "seconds": time.monotonic() - started,
        "edges": states[-1][0] if states else "-",
        "features": states[-1][1] if states else "-",
        "inputs": states[-1][2] if states else "-",
        "failed": code != 0,
        "log": log,
    }


def minimize(name: str) -> None:
    """The smallest set of the kept and the found inputs that reaches what all of them reach."""
    merged = BUILD / "merged" / name
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir(parents=True)
    found = BUILD / "inputs" / name
    found.mkdir(parents=True, exist_ok=True)
    subprocess.run([str(program(name)), "-merge=1", str(merged), str(CORPUS / name), str(found)], check=True, stderr=subprocess.DEVNULL)
    kept = sorted(merged.iterdir(), key=lambda path: path.stat().st_size)
    print(f"{name}: {len(kept)} inputs, {sum(path.stat().st_size for path in kept)} bytes in {merged}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000, help="inputs for each program")
    parser.add_argument("--seconds", type=int, default=0, help="stop each program after this (0: never)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minimize", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}")
    options = parser.parse_args()
    chosen = options.names or names()
    unknown = sorted(set(chosen) - set(names()))
    if unknown:
        parser.error(f"there is no fuzz program {', '.join(unknown)}; there are {', '.join(names())}")
    build(chosen)
    if options.minimize:
        for name in chosen:
            minimize(name)
        return 0
    failed = []
    print("| program | executions | seconds | edges | features | inputs kept | findings |\n|---|---|---|---|---|---|---|")
    for name in chosen:
        done = run(name, options.runs, options.seconds, options.seed)
        failed += [done] if done["failed"] else []
        columns = [name, f"{done['executions']:,}", f"{done['seconds']:.0f}", done["edges"], done["features"], done["inputs"]]
        print("| " + " | ".join([*columns, "FAILED" if done["failed"] else "none"]) + " |", flush=True)
    for done in failed:
        print(f"{done['name']} failed; its input lies in {done['log'].parent}, its report in {done['log']}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
