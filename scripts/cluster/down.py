"""Stops the cluster that scripts/up started; its data stays."""

import sys

from . import arguments
from .cluster import Cluster


def main():
    options = arguments.parser(__doc__).parse_args()
    cluster = Cluster(arguments.layout(options))
    if not cluster.known():
        print(f"no cluster was started in {options.state_dir}")
        return 0
    cluster.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
