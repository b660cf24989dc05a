"""The systems under test, by name."""

from .echo_chain import EchoChain
from .etcd import Etcd
from .kafka import Kafka
from .marquee import Marquee
from .nats import Nats
from .rabbitmq import Rabbitmq

SYSTEMS = {system.name: system for system in (Marquee, EchoChain, Kafka, Nats, Rabbitmq, Etcd)}
