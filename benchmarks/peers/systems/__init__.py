"""The systems under test, by name."""

import pathlib
import sys

_ROOT = pathlib.Path(__file__).resolve().parents[3]
for _folder in ("tests/system", "scripts"):  # how a cluster of ours, and a network that can be cut, are made
    sys.path.insert(0, str(_ROOT / _folder))

from .echo_chain import EchoChain  # noqa: E402
from .etcd import Etcd  # noqa: E402
from .kafka import Kafka  # noqa: E402
from .marquee import Marquee  # noqa: E402
from .nats import Nats  # noqa: E402
from .rabbitmq import Rabbitmq  # noqa: E402

SYSTEMS = {system.name: system for system in (Marquee, EchoChain, Kafka, Nats, Rabbitmq, Etcd)}
