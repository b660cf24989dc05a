"""scripts/up: builds, starts, waits, proves, and says where to go next."""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from .cluster import Cluster
from .errors import ClusterError
from .layout import Layout
from .proof import TOPIC, Proof

ROOT = Path(__file__).resolve().parents[2]


def read_options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/up", description="Starts a Marquee cluster on this machine.")
    parser.add_argument("--state-dir", type=Path, default=Path(".marquee"), help="data, logs, cluster.json (.marquee)")
    parser.add_argument("--port-offset", type=int, help="added to every port; default: that of the last start, or 0")
    parser.add_argument("--restart", metavar="NAME", help="stop and start one process, such as broker-1")
    parser.add_argument("--binary", type=Path, help="a built marquee; default: build it")
    parser.add_argument("--no-proof", action="store_true", help="do not produce and read back at the end")
    return parser.parse_args(arguments)


def layout_of(options: argparse.Namespace) -> Layout:
    """The port offset of a cluster that exists is kept unless another one is given."""
    state_dir = options.state_dir.resolve()
    known = None
    cluster_file = state_dir / "cluster.json"
    if cluster_file.exists():
        known = json.loads(cluster_file.read_text()).get("port_offset", 0)
    wanted = options.port_offset if options.port_offset is not None else known or 0
    if not -8000 < wanted <= 50000:
        raise ClusterError("--port-offset must lie between -8000 and 50000")
    if known is not None and wanted != known:
        old = Cluster(Layout(state_dir, known), Path())
        if any(old.running(member.name) for member in old.layout.members):
            raise ClusterError(
                f"the cluster in {state_dir} runs with port offset {known}; stop it first: scripts/down --state-dir {state_dir}"
            )
    return Layout(state_dir, wanted)


def build() -> Path:
    """The release build. Quick when nothing has changed."""
    log = ROOT / "build" / "up.log"
    log.parent.mkdir(exist_ok=True)
    print(f"building (log: {log.relative_to(ROOT)})", flush=True)
    with log.open("w") as output:
        for command in (
            ["cmake", "--preset", "release"],
            ["cmake", "--build", "--preset", "release", "--target", "marquee", "-j", str(os.cpu_count() or 2)],
        ):
            if subprocess.run(command, cwd=ROOT, stdout=output, stderr=output, check=False).returncode != 0:
                raise ClusterError(f"the build failed:\n{log.read_text(errors='replace')[-3000:]}")
    return ROOT / "build" / "release" / "cli" / "marquee"


def next_steps(cluster: Cluster) -> str:
    layout = cluster.layout
    binary = os.path.relpath(cluster.binary)
    url, kafka = layout.load_balancer_url, layout.of_role("broker")[0].address("kafka")
    postgres_url = json.loads(layout.cluster_file.read_text())["postgres"]
    state = "" if layout.state_dir == Path(".marquee").resolve() else f" --state-dir {layout.state_dir}"
    return f"""
The cluster is up: {url}   (state and logs: {layout.state_dir})

  export MARQUEE_LOAD_BALANCER={url}
  {binary} cluster
  {binary} consume {TOPIC} --from earliest | tail
  {binary} produce greetings --key-field 1 <<< "hello from $(hostname)"
  {binary} topic describe {TOPIC}
  curl -s {url}/topics
  curl -s {url}/producer/register -d '{{"topic":"greetings"}}'
  kcat -b {kafka} -t {TOPIC} -C -e | tail
  echo "a line from kcat" | kcat -b {kafka} -t greetings -P
  psql '{postgres_url}' -c 'select * from topics'
  scripts/up{state} --restart broker-1
  scripts/down{state}
"""


def run(options: argparse.Namespace) -> None:
    started = time.monotonic()
    layout = layout_of(options)
    binary = options.binary.resolve() if options.binary else build()
    cluster = Cluster(layout, binary)
    if options.restart:
        cluster.restart(options.restart)
        print(f"{options.restart} is ready again")
        return
    began = cluster.up()
    already = len(layout.members) - len(began)
    print(f"{len(began)} processes started, {already} ran already; all ready after {time.monotonic() - started:.1f} s")
    if not options.no_proof:
        for line in Proof(layout.state_dir, binary, layout.load_balancer_url).run():
            print(line)
    print(next_steps(cluster))


def main() -> int:
    try:
        run(read_options())
    except ClusterError as failed:
        print(f"scripts/up: {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
