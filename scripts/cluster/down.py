"""scripts/down: stops every process that cluster.json names. Data stays."""

import argparse
import sys
from pathlib import Path

from .cluster import Cluster
from .errors import ClusterError
from .layout import Layout


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/down", description="Stops a Marquee cluster; data survives.")
    parser.add_argument("--state-dir", type=Path, default=Path(".marquee"), help="as given to scripts/up (.marquee)")
    options = parser.parse_args()
    layout = Layout(options.state_dir.resolve())
    if not layout.cluster_file.exists():
        print(f"no cluster in {layout.state_dir}")
        return 0
    try:
        cluster = Cluster(layout, Path())
        running = [name for name in cluster.records() if cluster.running(name)]
        killed = cluster.down()
    except ClusterError as failed:
        print(f"scripts/down: {failed}", file=sys.stderr)
        return 1
    print(f"{len(running)} processes stopped" + (f"; had to be killed: {', '.join(killed)}" if killed else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
