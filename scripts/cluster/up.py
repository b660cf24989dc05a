"""Starts a cluster on this machine, waits until it works, and shows that it does."""

import sys
import time

from . import arguments, booking
from .cluster import Cluster
from .failure import ClusterFailure
from .proof import TOPIC, Proof


def main():
    parser = arguments.parser(__doc__)
    parser.add_argument("--restart", metavar="NAME", help="only start this one process again, such as broker-1")
    parser.add_argument(
        "--without-booking", action="store_true", help="no booking application: seven processes less"
    )
    options = parser.parse_args()
    layout = arguments.layout(options)
    cluster = Cluster(layout)
    try:
        if options.restart:
            cluster.restart(options.restart)
            return 0
        begin = time.monotonic()
        started = cluster.start()
        print(f"cluster {'is up' if started else 'was up already'} ({time.monotonic() - begin:.1f} s)")
        Proof(layout).run()
        more_steps = booking.next_steps(layout, booking.add_shows(layout)) if layout.booking else ""
        print(_next_steps(layout, more_steps))
        return 0
    except ClusterFailure as failure:
        print(f"up: {failure}", file=sys.stderr)
        return 1


def _next_steps(layout, more):
    marquee = str(layout.binary)
    url = layout.load_balancer_url
    broker = f"127.0.0.1:{9092 + layout.port_offset}"
    # The CLI finds a cluster at the default address by itself.
    where = "" if layout.port_offset == 0 else f" --load-balancer {url}"
    return f"""
Paste one of these:
  {marquee} cluster{where}
  {marquee} consume {TOPIC} --from earliest{where} | head
  {marquee} produce {TOPIC} --key-field 4{where} < {layout.state_dir}/proof/packages.txt
  {marquee} topic describe {TOPIC}{where}
  curl -s {url}/topics/{TOPIC}
  kcat -b {broker} -t {TOPIC} -C -e | head
  echo 'hello from kcat' | kcat -b {broker} -t {TOPIC} -P{more}
Data and logs are in {layout.state_dir}; scripts/down stops everything and keeps the data."""


if __name__ == "__main__":
    sys.exit(main())
